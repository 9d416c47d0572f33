"""Pods in test suites: the pytest plugin with the fixture `pod`, and what it gives.

Every pytest run where this distribution is installed imports the plugin, so nothing else is here.
"""
