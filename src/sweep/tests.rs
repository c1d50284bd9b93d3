//! The rules of a sweep, over answers that are made up.
