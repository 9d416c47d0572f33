"""The agent's read-only HTTP API, after kubelet's read-only port, and the page on it.

Security: what it shows (variables of containers, logs) is for every user of this host to read. So
it is off unless asked for, listens on loopback only, answers GET and HEAD only, and refuses
requests that name another host, which is how a page from elsewhere would reach it through a
browser.
"""
