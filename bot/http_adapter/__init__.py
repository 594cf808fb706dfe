"""HTTP: trace.moe's wire, our own API and the web page in front of the dispatcher."""
