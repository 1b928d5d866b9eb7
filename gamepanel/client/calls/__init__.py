"""
The endpoints as methods, one class for each section of the API.
"""
