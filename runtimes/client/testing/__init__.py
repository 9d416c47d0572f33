"""Pods in test suites: the pytest plugin with the fixture `pod`, and what it gives."""

from runtimes.client.testing.pod import PodInTest
from runtimes.client.testing.pods import Pods

__all__ = ["PodInTest", "Pods"]
