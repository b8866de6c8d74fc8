//! The first words of a TLS connection, by hand: what no TLS library of today
//! says any more (RFC 6101, 2246, 4346, 5246). Only to learn how a server
//! answers, and for a server that answers wrongly on purpose.

use super::suites::OLD;

/// A version of SSL or TLS that must not be in use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OldVersion {
    /// SSL 3.0.
    Ssl30,
    /// TLS 1.0.
    Tls10,
    /// TLS 1.1.
    Tls11,
}

impl OldVersion {
    /// All of them, the newest first.
    pub const ALL: [OldVersion; 3] = [OldVersion::Tls11, OldVersion::Tls10, OldVersion::Ssl30];

    /// Its name in texts.
    pub fn name(self) -> &'static str {
        match self {
            OldVersion::Ssl30 => "SSL 3.0",
            OldVersion::Tls10 => "TLS 1.0",
            OldVersion::Tls11 => "TLS 1.1",
        }
    }

    fn number(self) -> u16 {
        match self {
            OldVersion::Ssl30 => 0x0300,
            OldVersion::Tls10 => 0x0301,
            OldVersion::Tls11 => 0x0302,
        }
    }
}

const TLS12: u16 = 0x0303;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
/// Bytes before the content of a record, and before that of a handshake
/// message.
const RECORD_HEAD: usize = 5;
const MESSAGE_HEAD: usize = 4;
/// Bytes of a record (RFC 5246, section 6.2.1, with its allowance).
const MAX_RECORD: usize = (1 << 14) + 2048;

/// The hello of a client that speaks nothing newer than an old version.
pub(super) fn old_client_hello(
    version: OldVersion,
    host: Option<&str>,
    random: &[u8; 32],
) -> Vec<u8> {
    // SSL 3.0 has no extensions.
    let extensions = match version {
        OldVersion::Ssl30 => Vec::new(),
        OldVersion::Tls10 | OldVersion::Tls11 => extensions(host, false),
    };
    client_hello(version.number(), OLD, &extensions, random)
}

/// The hello of a TLS 1.2 client that knows these suites only.
pub(super) fn client_hello_with(suites: &[u16], host: Option<&str>, random: &[u8; 32]) -> Vec<u8> {
    client_hello(TLS12, suites, &extensions(host, true), random)
}

fn client_hello(version: u16, suites: &[u16], extensions: &[u8], random: &[u8; 32]) -> Vec<u8> {
    let mut hello = version.to_be_bytes().to_vec();
    hello.extend_from_slice(random);
    // No session.
    hello.push(0);
    let suites: Vec<u8> = suites
        .iter()
        .flat_map(|suite| suite.to_be_bytes())
        .collect();
    hello.extend(with_length_16(&suites));
    // No compression.
    hello.extend_from_slice(&[1, 0]);
    if !extensions.is_empty() {
        hello.extend(with_length_16(extensions));
    }
    // Servers of TLS 1.2 expect 1.0 around the first record.
    record(
        HANDSHAKE,
        version.min(0x0301),
        &message(CLIENT_HELLO, &hello),
    )
}

fn extensions(host: Option<&str>, signatures: bool) -> Vec<u8> {
    let mut all = Vec::new();
    let mut add = |number: u16, content: &[u8]| {
        all.extend_from_slice(&number.to_be_bytes());
        all.extend(with_length_16(content));
    };
    if let Some(host) = host {
        let mut name = vec![0];
        name.extend(with_length_16(host.as_bytes()));
        add(0, &with_length_16(&name));
    }
    // x25519, P-256, P-384, P-521, and points as they are.
    add(10, &with_length_16(&[0, 29, 0, 23, 0, 24, 0, 25]));
    add(11, &[1, 0]);
    if signatures {
        // RSA and ECDSA with SHA-256, SHA-384, SHA-512 and SHA-1.
        add(
            13,
            &with_length_16(&[4, 1, 4, 3, 5, 1, 5, 3, 6, 1, 6, 3, 2, 1, 2, 3, 8, 4, 8, 5]),
        );
    }
    // Renegotiation is safe (RFC 5746): some servers take nobody without.
    add(0xFF01, &[0]);
    all
}

fn with_length_16(content: &[u8]) -> Vec<u8> {
    // Everything here is made by us and short.
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    let mut all = length.to_be_bytes().to_vec();
    all.extend_from_slice(&content[..usize::from(length)]);
    all
}

fn message(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or_default();
    let mut all = vec![kind];
    all.extend_from_slice(&length.to_be_bytes()[1..]);
    all.extend_from_slice(content);
    all
}

fn record(kind: u8, version: u16, content: &[u8]) -> Vec<u8> {
    let mut all = vec![kind];
    all.extend_from_slice(&version.to_be_bytes());
    all.extend(with_length_16(content));
    all
}

/// What the first bytes of a server say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// A hello: the version and the suite that it chose.
    Hello { version: u16, suite: u16 },
    /// An alert of that number.
    Alert(u8),
    /// Something that is no TLS.
    NoTls,
    /// More bytes are needed.
    More,
}

/// Reads what a server answered so far.
pub(super) fn read_answer(bytes: &[u8]) -> Said {
    match first_record(bytes) {
        Ok(Some((ALERT, content))) => match content {
            [_, number] => Said::Alert(*number),
            _ => Said::NoTls,
        },
        Ok(Some((HANDSHAKE, content))) => server_hello(content).unwrap_or(Said::NoTls),
        Ok(Some(_)) | Err(NoRecord) => Said::NoTls,
        Ok(None) => Said::More,
    }
}

fn server_hello(content: &[u8]) -> Option<Said> {
    let hello = content
        .strip_prefix(&[SERVER_HELLO])?
        .get(MESSAGE_HEAD - 1..)?;
    let (version, hello) = number(hello)?;
    let hello = hello.get(32..)?;
    let (&session, hello) = hello.split_first()?;
    let (suite, _) = number(hello.get(usize::from(session)..)?)?;
    Some(Said::Hello { version, suite })
}

/// The number that two bytes are, and what follows.
fn number(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (first, rest) = bytes.split_first_chunk::<2>()?;
    Some((u16::from_be_bytes(*first), rest))
}

/// Bytes that do not begin with a record of TLS.
struct NoRecord;

/// The kind and content of the first record; `None` while it is not whole.
fn first_record(bytes: &[u8]) -> Result<Option<(u8, &[u8])>, NoRecord> {
    let looks_right =
        |at: usize, right: &dyn Fn(u8) -> bool| bytes.get(at).is_none_or(|b| right(*b));
    if !looks_right(0, &|kind| (20..=23).contains(&kind)) || !looks_right(1, &|major| major == 3) {
        return Err(NoRecord);
    }
    let Some(length) = bytes.get(3..RECORD_HEAD).and_then(number) else {
        return Ok(None);
    };
    let length = usize::from(length.0);
    if length > MAX_RECORD {
        return Err(NoRecord);
    }
    let content = bytes.get(RECORD_HEAD..RECORD_HEAD + length);
    Ok(content.map(|content| (bytes[0], content)))
}

/// What a client's first record asks for, as far as it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asks {
    /// Nothing newer than this version, or these suites only.
    Hello { version: u16, suites: Vec<u16> },
    /// Something else.
    Other,
    /// More bytes are needed.
    More,
}

/// Reads the hello of a client.
pub(super) fn read_client_hello(bytes: &[u8]) -> Asks {
    match first_record(bytes) {
        Ok(Some((HANDSHAKE, content))) => client_asks(content).unwrap_or(Asks::Other),
        Ok(Some(_)) | Err(NoRecord) => Asks::Other,
        Ok(None) => Asks::More,
    }
}

fn client_asks(content: &[u8]) -> Option<Asks> {
    let hello = content
        .strip_prefix(&[CLIENT_HELLO])?
        .get(MESSAGE_HEAD - 1..)?;
    let (version, hello) = number(hello)?;
    let (&session, hello) = hello.get(32..)?.split_first()?;
    let (length, hello) = number(hello.get(usize::from(session)..)?)?;
    let suites = hello.get(..usize::from(length))?.chunks_exact(2);
    Some(Asks::Hello {
        version,
        suites: suites
            .map(|two| u16::from_be_bytes([two[0], two[1]]))
            .collect(),
    })
}

/// The hello of a server that takes what it should refuse: the client's
/// version, and the first of its suites. `None` when there is nothing wrong in
/// taking it.
pub(super) fn lax_server_hello(version: u16, suites: &[u16], weak: &[u16]) -> Option<Vec<u8>> {
    let old = OldVersion::ALL.iter().any(|old| old.number() == version);
    let only_weak = !suites.is_empty() && suites.iter().all(|suite| weak.contains(suite));
    if !old && !only_weak {
        return None;
    }
    let mut hello = version.to_be_bytes().to_vec();
    hello.extend_from_slice(&[0x6B; 32]);
    hello.push(0);
    hello.extend_from_slice(&suites.first().copied().unwrap_or_default().to_be_bytes());
    hello.push(0);
    Some(record(HANDSHAKE, version, &message(SERVER_HELLO, &hello)))
}

/// Whether the version that a server chose is the old one, or older.
pub(super) fn is_old(version: u16) -> bool {
    version < TLS12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hellos_are_read_back() {
        for version in OldVersion::ALL {
            let hello = old_client_hello(version, Some("duo.example"), &[7; 32]);
            let Asks::Hello {
                version: asked,
                suites,
            } = read_client_hello(&hello)
            else {
                panic!("{version:?}");
            };
            assert_eq!((asked, suites.as_slice()), (version.number(), OLD));
            let answer = lax_server_hello(asked, &suites, &[]).unwrap();
            assert_eq!(
                read_answer(&answer),
                Said::Hello {
                    version: asked,
                    suite: OLD[0]
                }
            );
            for length in 0..hello.len() {
                assert_eq!(read_client_hello(&hello[..length]), Asks::More, "{length}");
            }
            for length in 0..answer.len() {
                assert_eq!(read_answer(&answer[..length]), Said::More, "{length}");
            }
        }
    }

    #[test]
    fn what_is_no_hello_is_told() {
        for (bytes, said) in [
            (&b"HTTP/1.1 400 Bad Request"[..], Said::NoTls),
            (&[21, 3, 1, 0, 2, 2, 70], Said::Alert(70)),
            (&[21, 3, 1, 0, 3, 2, 70, 0], Said::NoTls),
            (&[22, 3, 1, 255, 255, 2], Said::NoTls),
            (&[22, 3, 1, 0, 1, 2], Said::NoTls),
            (&[23, 3, 3, 0, 1, 2], Said::NoTls),
            (&[], Said::More),
        ] {
            assert_eq!(read_answer(bytes), said, "{bytes:?}");
        }
    }

    #[test]
    fn a_hello_of_today_is_not_taken_as_old() {
        assert_eq!(lax_server_hello(TLS12, &[0x1301, 0x009C], &[0x009C]), None);
        assert!(lax_server_hello(TLS12, &[0x009C], &[0x009C]).is_some());
    }
}
