//! Attempts at a server that it must refuse.

use super::cast::{Cast, DUO_PATH, ProbeResult};
use super::whose::Whose;
use crate::facts::Profile;
use crate::scenario::{ProbeKind, Role};
use crate::transport::{OldVersion, Outcome, ProbeOptions, Probed, Why, WrongClient, probe};

/// Whether a request of that name on the wire is an attempt at a server of
/// ours: nothing else asks for these.
pub(super) fn is_attempt(name: &str) -> bool {
    name.strip_prefix("GET ")
        .is_some_and(|path| matches!(path, "/" | DUO_PATH))
}

/// What all attempts at a party's server come to; `None` when none could be
/// made.
pub(super) fn probed(cast: &Cast, role: Role) -> Option<Probed> {
    let (client, request, pki) = cast.probing(role)?;
    probe(&ProbeOptions::of_test(client, request, pki)).ok()
}

/// What one attempt among them at the server of a party, of which `whose` says
/// whose it must be, came to.
pub(super) fn of(
    probed: Option<&Probed>,
    (whose, profile): (Option<&Whose>, Profile),
    kind: ProbeKind,
) -> ProbeResult {
    let server = probed.and_then(|probed| probed.server.as_deref());
    let stranger = whose.and_then(|whose| whose.other_server(server?, profile));
    if let Some(stranger) = stranger {
        return ProbeResult::Stranger(stranger);
    }
    let outcome = probed.and_then(|probed| match kind {
        ProbeKind::Tls10 => version(probed, OldVersion::Tls10),
        ProbeKind::Tls11 => version(probed, OldVersion::Tls11),
        ProbeKind::NoCertificate => client(probed, WrongClient::Missing),
        ProbeKind::Expired => client(probed, WrongClient::Expired),
        ProbeKind::NotYetValid => client(probed, WrongClient::NotYetValid),
        ProbeKind::Revoked => client(probed, WrongClient::Revoked),
        ProbeKind::Foreign => client(probed, WrongClient::Stranger),
        ProbeKind::WithoutOin => client(probed, WrongClient::NoOin),
    });
    match outcome {
        Some(Outcome::Refused(_)) => ProbeResult::Refused,
        Some(Outcome::Accepted) => ProbeResult::Accepted,
        Some(Outcome::Undecided(_)) => ProbeResult::Undecided("probe-unanswered"),
        None => ProbeResult::Undecided("probe-not-tried"),
    }
}

fn version(probed: &Probed, wanted: OldVersion) -> Option<Outcome> {
    let found = probed.old.iter().find(|(version, _)| *version == wanted);
    // A server that speaks no TLS at all refuses old versions too.
    let speaks = [probed.tls12, probed.tls13].contains(&Outcome::Accepted);
    found.map(|(_, outcome)| match outcome {
        Outcome::Refused(_) if !speaks => Outcome::Undecided(Why::NotTried),
        outcome => *outcome,
    })
}

fn client(probed: &Probed, wanted: WrongClient) -> Option<Outcome> {
    let found = probed.clients.iter().find(|(client, _)| *client == wanted);
    found.map(|(_, outcome)| *outcome)
}
