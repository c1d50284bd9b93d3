//! Keeping a token while it lasts: it is renewed before it ends, by one call at a time, and whoever else needs one then goes on with
//! the old one as long as that works. When a renewal fails, all who waited for it hear so, and none of them tries again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::gcp::pace::Pace;

use super::error::CredentialsError;
use super::find::{Found, find};
use super::settings::Settings;
use super::source::Fresh;
use super::wire::Wire;
use super::{Caller, Pass};

/// How long before its end a token is renewed, at most.
const EARLY: Duration = Duration::from_mins(1);
/// With less time left, a token is not sent any more: it would end on the way.
const LEAST: Duration = Duration::from_secs(5);

/// Credentials, once found, with the token that is valid now.
pub struct Keep {
    settings: Settings,
    wire: Wire,
    found: OnceLock<Found>,
    state: Mutex<State>,
    /// Held by the one who renews.
    turn: tokio::sync::Mutex<()>,
    /// Whether no quota project is named any more, because the caller may not charge it.
    uncharged: AtomicBool,
}

#[derive(Default)]
struct State {
    grant: Option<Grant>,
    /// Whether the last token was refused although it should have lasted.
    refused: bool,
    /// How many renewals there were, and why the last one failed if it did.
    rounds: u64,
    failed: Option<CredentialsError>,
}

/// A token and its times, by the clock of the pace.
#[derive(Clone)]
struct Grant {
    token: SecretString,
    renew_at: Option<Duration>,
    ends_at: Option<Duration>,
}

impl Grant {
    fn of(fresh: Fresh, asked_at: Duration) -> Self {
        let early = |life: Duration| EARLY.min(life / 2);
        Self {
            token: fresh.token,
            renew_at: fresh.life.map(|life| asked_at + life.saturating_sub(early(life))),
            ends_at: fresh.life.map(|life| asked_at + life.saturating_sub(LEAST)),
        }
    }

    fn is_fresh(&self, now: Duration) -> bool {
        self.renew_at.is_none_or(|at| now < at)
    }

    fn is_usable(&self, now: Duration) -> bool {
        self.ends_at.is_none_or(|at| now < at)
    }
}

impl std::fmt::Debug for Keep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.found.get().map_or("credentials to be found", |found| &found.name))
    }
}

impl Keep {
    pub(super) fn new(settings: Settings, pace: Arc<dyn Pace>) -> Self {
        Self {
            settings,
            wire: Wire::new(pace),
            found: OnceLock::new(),
            state: Mutex::default(),
            turn: tokio::sync::Mutex::new(()),
            uncharged: AtomicBool::new(false),
        }
    }

    /// Who calls, as far as what was found says. What was never asked for a token called nobody.
    pub(super) fn caller(&self) -> Caller {
        let Some(Found { source, .. }) = self.found.get() else { return Caller::Nobody };
        match source.account() {
            Some(account) => Caller::Account(account.to_owned()),
            None if source.is_person() => Caller::Person,
            None => Caller::Unknown,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn pass(&self) -> Result<Pass, CredentialsError> {
        let token = self.token().await?;
        let uncharged = self.uncharged.load(Ordering::Relaxed);
        let quota_project = self.found.get().and_then(|found| found.quota_project.clone());
        Ok(Pass { token, quota_project: quota_project.filter(|_| !uncharged) })
    }

    /// A token that is valid now.
    async fn token(&self) -> Result<SecretString, CredentialsError> {
        let (rounds, grant) = {
            let state = self.state();
            (state.rounds, state.grant.clone())
        };
        let now = self.wire.pace.elapsed();
        if let Some(fresh) = grant.as_ref().filter(|grant| grant.is_fresh(now)) {
            return Ok(fresh.token.clone());
        }
        let old = grant.filter(|grant| grant.is_usable(now));
        let _turn = match (self.turn.try_lock(), &old) {
            (Ok(turn), _) => turn,
            (Err(_), Some(old)) => return Ok(old.token.clone()),
            (Err(_), None) => self.turn.lock().await,
        };
        if let Some(told) = self.told_since(rounds) {
            return told;
        }
        match (self.renew().await, old) {
            (Err(error), Some(old)) => {
                tracing::warn!(%error, "the token could not be renewed; it is used as long as it lasts");
                Ok(old.token)
            }
            (renewed, _) => renewed,
        }
    }

    /// What somebody else's renewal gave, if there was one since.
    fn told_since(&self, rounds: u64) -> Option<Result<SecretString, CredentialsError>> {
        let state = self.state();
        if state.rounds == rounds {
            return None;
        }
        match (&state.failed, &state.grant) {
            (Some(error), _) => Some(Err(error.clone())),
            (None, grant) => grant.as_ref().map(|grant| Ok(grant.token.clone())),
        }
    }

    /// Asks for a token. The caller has the turn.
    async fn renew(&self) -> Result<SecretString, CredentialsError> {
        let asked_at = self.wire.pace.elapsed();
        let refused = self.state().refused;
        let given = self.fetch(refused).await;
        let mut state = self.state();
        state.rounds += 1;
        match given {
            Ok(fresh) => {
                let grant = state.grant.insert(Grant::of(fresh, asked_at));
                let token = grant.token.clone();
                (state.refused, state.failed) = (false, None);
                Ok(token)
            }
            Err(error) => {
                state.failed = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Finds credentials if nobody has, and asks them. The futures of all sources together are large, and few calls need them.
    async fn fetch(&self, refused: bool) -> Result<Fresh, CredentialsError> {
        if let Some(found) = self.found.get() {
            return self.ask(found, refused).await;
        }
        let (found, first) = Box::pin(find(&self.settings, &self.wire)).await?;
        tracing::info!("credentials: {}{}", found.name, charged(&found));
        let found = self.found.get_or_init(|| found);
        match first {
            Some(first) => Ok(first),
            None => self.ask(found, refused).await,
        }
    }

    async fn ask(&self, found: &Found, refused: bool) -> Result<Fresh, CredentialsError> {
        let given = Box::pin(found.source.fetch(&self.wire, refused)).await;
        given.map_err(|error| error.of(&found.name))
    }

    /// Forgets a token that a server refused, unless it is another one by now. Says whether there is another to be had.
    pub(super) fn forget(&self, token: &SecretString) -> bool {
        let renewable = self.found.get().is_some_and(|found| found.source.is_renewable());
        let mut state = self.state();
        let same = |grant: &Grant| grant.token.expose_secret() == token.expose_secret();
        if renewable && state.grant.as_ref().is_some_and(same) {
            (state.grant, state.refused) = (None, true);
        }
        renewable
    }

    /// Names no quota project any more.
    pub(super) fn charge_nobody(&self) -> bool {
        if !self.uncharged.swap(true, Ordering::Relaxed) {
            tracing::info!("the quota project may not be charged: going on without it");
        }
        true
    }
}

fn charged(found: &Found) -> String {
    found.quota_project.as_ref().map(|project| format!(", quota of {project}")).unwrap_or_default()
}
