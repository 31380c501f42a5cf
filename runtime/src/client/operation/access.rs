//! Checks at run time whether an operation accepts a token, by the prefix of the token.

/// The credentials that an operation accepts.
///
/// Generated clients check credentials at compile time, by their types. This enum is for tokens whose kind is only
/// known at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// No credential. The client sends no `Authorization` header, because the server would reject an invalid one.
    Public,
    /// No credential, or one that acts for a user of the dashboard.
    Optional,
    /// A credential that acts for an organization or for a user of the dashboard.
    Account,
    /// A credential that acts for a user of the dashboard.
    Personal,
    /// A token obtained through OpenID Connect.
    OpenIdConnect,
    /// The session of a customer or of a member of a customer.
    Portal,
    /// The session of a member of a customer.
    Member,
    /// The registration access token of an OAuth2 client.
    Registration,
}

/// Token kinds by prefix.
const KINDS: [(&str, Kind); 7] = [
    ("polar_oat_", Kind::Organization),
    ("polar_pat_", Kind::Personal),
    ("polar_at_u_", Kind::OpenIdUser),
    ("polar_at_o_", Kind::OpenIdOrganization),
    ("polar_cst_", Kind::Customer),
    ("polar_mst_", Kind::Member),
    ("polar_crt_", Kind::Registration),
];

/// Prefixes of other strings of Polar that may be mistaken for tokens, with the error message for each.
const NOT_TOKENS: [(&str, &str); 10] = [
    ("polar_whs_", SIGNING),
    ("whsec_", SIGNING),
    (
        "polar_rt_",
        "the token is a refresh token; it is exchanged for an access token",
    ),
    (
        "polar_ac_",
        "the token is an authorization code; it is exchanged for an access token",
    ),
    (
        "polar_ci_",
        "the token is the id of an OAuth client, which grants no access",
    ),
    (
        "polar_cs_",
        "the token is the secret of an OAuth client, which grants no access",
    ),
    (
        "polar_c_",
        "the token is the secret of a checkout, which grants no access",
    ),
    (
        "polar_cl_",
        "the token is the secret of a checkout link, which grants no access",
    ),
    ("polar_ev_", EMAIL),
    ("polar_cev_", EMAIL),
];

const SIGNING: &str = "the token is the secret of a webhook, which grants no access";
const EMAIL: &str = "the token verifies an e-mail address, which grants no access";

/// The prefix of the `Authorization` header, which must not be part of a token.
const SCHEME: &str = "bearer ";

#[derive(Clone, Copy)]
enum Kind {
    Organization,
    Personal,
    OpenIdUser,
    OpenIdOrganization,
    Customer,
    Member,
    Registration,
}

impl Access {
    /// Returns why the operation does not accept a token. `None` if the prefix of the token does not show a reason.
    pub(in crate::client) fn rejection_reason(self, token: &str) -> Option<&'static str> {
        let start = token.as_bytes().get(..SCHEME.len());
        if start.is_some_and(|start| start.eq_ignore_ascii_case(SCHEME.as_bytes())) {
            return Some("the token begins with `Bearer`, which the client adds by itself");
        }
        if let Some((_, reason)) = NOT_TOKENS.iter().find(|(it, _)| token.starts_with(it)) {
            return Some(reason);
        }
        let kind = kind(token)?;
        (!self.accepts(kind)).then(|| self.other_kind())
    }

    /// Returns a hint for a token that the server rejected. `None` if its prefix is known.
    pub(in crate::client) fn rejection_hint(self, token: &str) -> Option<String> {
        kind(token)
            .is_none()
            .then(|| format!("perhaps {}", self.other_kind()))
    }

    fn other_kind(self) -> &'static str {
        match self {
            Self::Public => {
                "the token is of a kind that the operation does not take; it needs none"
            }
            Self::Account => {
                "the token is of another kind than the operation takes: an organization access token (polar_oat_), \
                 a personal access token (polar_pat_) or an OpenID Connect token (polar_at_)"
            }
            Self::Optional | Self::Personal => {
                "the token is of another kind than the operation takes: a personal access token (polar_pat_) \
                 or an OpenID Connect token of a user (polar_at_u_)"
            }
            Self::OpenIdConnect => {
                "the token is of another kind than the operation takes: an OpenID Connect token (polar_at_)"
            }
            Self::Portal => {
                "the token is of another kind than the operation takes: a customer session (polar_cst_) \
                 or a member session (polar_mst_)"
            }
            Self::Member => {
                "the token is of another kind than the operation takes: a member session (polar_mst_)"
            }
            Self::Registration => {
                "the token is of another kind than the operation takes: the registration access token of the OAuth2 \
                 client (polar_crt_)"
            }
        }
    }

    fn accepts(self, kind: Kind) -> bool {
        match kind {
            Kind::Organization => matches!(self, Self::Account),
            Kind::Personal => matches!(self, Self::Account | Self::Personal | Self::Optional),
            Kind::OpenIdUser => matches!(
                self,
                Self::Account | Self::Personal | Self::Optional | Self::OpenIdConnect
            ),
            Kind::OpenIdOrganization => matches!(self, Self::Account | Self::OpenIdConnect),
            Kind::Customer => matches!(self, Self::Portal),
            Kind::Member => matches!(self, Self::Portal | Self::Member),
            Kind::Registration => matches!(self, Self::Registration),
        }
    }
}

fn kind(token: &str) -> Option<Kind> {
    let (_, kind) = KINDS.iter().find(|(prefix, _)| token.starts_with(prefix))?;
    Some(*kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_other_kinds_are_recognized_by_their_prefix() {
        use Access::{Account, Member, OpenIdConnect, Optional, Personal, Portal, Registration};

        let all = [
            Account,
            Personal,
            Optional,
            OpenIdConnect,
            Portal,
            Member,
            Registration,
        ];
        for (token, accepted) in [
            ("polar_oat_x", &[Account][..]),
            ("polar_pat_x", &[Account, Personal, Optional]),
            (
                "polar_at_u_x",
                &[Account, Personal, Optional, OpenIdConnect],
            ),
            ("polar_at_o_x", &[Account, OpenIdConnect]),
            ("polar_cst_x", &[Portal]),
            ("polar_mst_x", &[Portal, Member]),
            ("polar_crt_x", &[Registration]),
            ("polar_whs_x", &[]),
            ("whsec_x", &[]),
            ("polar_rt_u_x", &[]),
            ("polar_ac_x", &[]),
            ("polar_ci_x", &[]),
            ("polar_cs_x", &[]),
            ("polar_c_x", &[]),
            ("polar_cl_x", &[]),
            ("polar_ev_x", &[]),
            ("polar_cev_x", &[]),
            ("Bearer polar_oat_x", &[]),
            ("bearer x", &[]),
            ("bearer", &all),
            ("polar_new_x", &all),
            ("x", &all),
            ("", &all),
        ] {
            for access in all {
                let reason = access.rejection_reason(token);
                assert_eq!(
                    reason.is_none(),
                    accepted.contains(&access),
                    "{token} {access:?}"
                );
            }
        }
        let reason = Member.rejection_reason("polar_oat_x").unwrap_or_default();
        assert!(
            reason.ends_with("a member session (polar_mst_)"),
            "{reason}"
        );
    }
}
