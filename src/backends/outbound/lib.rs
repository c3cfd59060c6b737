//! Floor 1: everything that leaves by network on its own account: mail.
