//! Floor 3: the JSON on the wire with its OpenAPI schema, for whoever speaks it: the REST door and clients.
