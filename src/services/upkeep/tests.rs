//! The sweep and the scrub.
