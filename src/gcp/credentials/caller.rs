//! Who calls: as far as the credentials say. A sweep must not take away the account and the access that it works with.

/// Who calls are made as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Nobody in particular: the server asks nobody who they are.
    Nobody,
    /// A person, whose address the credentials do not tell.
    Person,
    /// The person or the account with this address.
    Account(String),
    /// A person or an account: a bare token does not tell.
    Unknown,
}

impl Caller {
    /// Whether it is the caller's own address.
    pub fn is(&self, address: &str) -> bool {
        matches!(self, Self::Account(own) if own.eq_ignore_ascii_case(address))
    }

    /// Why a service account may be the one that calls.
    pub fn may_be(&self, address: &str) -> Option<&'static str> {
        match self {
            Self::Account(_) if self.is(address) => Some("this run acts as it"),
            Self::Unknown => Some("this run may act as it: its credentials do not say who it is"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_token_may_be_of_any_service_account_and_a_login_of_none() {
        let ci = "ci@p.iam.gserviceaccount.com";
        assert!(Caller::Unknown.may_be(ci).is_some() && !Caller::Unknown.is(ci));
        assert!(Caller::Account("CI@p.iam.gserviceaccount.com".into()).may_be(ci).is_some());
        for other in [Caller::Nobody, Caller::Person, Caller::Account("ann@x.edu".into())] {
            assert_eq!(other.may_be(ci), None);
        }
    }
}
