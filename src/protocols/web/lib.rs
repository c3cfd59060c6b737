//! Floor 3, the door for people with a browser.
