"""Our own API, `/api/v1`: JSON, described by `openapi.yaml`."""
