//! Floor 3: work that starts by itself. It calls the same use cases as the doors.
