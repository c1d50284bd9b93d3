//! Whether machines are ready for people, as `ready:` of their specs declares it: `standing` is what can be said of one,
//! `look` asks all of them once, `watch` asks until all have answered. `serial` reads consoles and `doors` firewalls.
//! Reads only. What is declared is the kinds' business.

pub mod doors;
pub mod look;
pub mod serial;
pub mod standing;
pub mod watch;

pub use look::look;
pub use standing::{Awaited, Seen, Standing, Standings, awaited};
pub use watch::{Patience, until_ready};
