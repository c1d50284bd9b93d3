//! Wrong specs, and the whole text that `provost validate` writes about each: what is wrong, where, why, how to mend it.
//! No row may be vague, say a thing twice, or offer a replacement that does not mend it.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod access;
mod check;
mod containers;
mod course;
mod documents;
mod expressions;
mod fields;
mod for_each;
mod grants;
mod logins;
mod machines;
mod names;
mod network;
mod overlays;
mod policy;
mod projects;
mod quoting;
mod ready;
mod roster;
mod rows;
mod secrets;
mod session;
mod storage;
mod values;
mod yaml;
