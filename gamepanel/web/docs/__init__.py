"""The OpenAPI document, made from messages and endpoints."""
