//! Floor 3, the REST door: `/api/v1`, one file per noun.
