//! What people do with Larder from one door to another, with the real program.

mod first_day;
