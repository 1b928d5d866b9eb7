"""Tests of HTTP and the API."""
