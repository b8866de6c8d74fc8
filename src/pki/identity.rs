//! Who has a certificate in the test PKI, and what is wrong with some.

use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose};

/// The chain of authorities above a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hierarchy {
    /// Combined certificates in the style of G1.
    G1,
    /// Certificates for TLS alone in the style of G4.
    G4Tls,
    /// Certificates for signing alone in the style of G4.
    G4Signing,
    /// A root that nobody trusts.
    Stranger,
}

impl Hierarchy {
    /// All of them.
    pub const ALL: [Hierarchy; 4] = [
        Hierarchy::G1,
        Hierarchy::G4Tls,
        Hierarchy::G4Signing,
        Hierarchy::Stranger,
    ];

    /// Its name in file names.
    pub fn name(self) -> &'static str {
        match self {
            Hierarchy::G1 => "g1",
            Hierarchy::G4Tls => "g4-tls",
            Hierarchy::G4Signing => "g4-ondertekening",
            Hierarchy::Stranger => "andere",
        }
    }

    /// Whether its root is trusted.
    pub fn is_trusted(self) -> bool {
        self != Hierarchy::Stranger
    }
}

/// When a certificate is valid, seen from the moment the PKI is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Validity {
    Current,
    Expired,
    NotYet,
}

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    /// Signing, and both ends of TLS.
    Combined,
    /// Both ends of TLS.
    Tls,
    /// Signing messages and documents.
    Signing,
    /// The server's end of TLS only.
    ServerOnly,
    /// Enciphering keys, not signing.
    Encipherment,
    /// Signing programs.
    Code,
}

impl Usage {
    pub(super) fn key_usages(self) -> Vec<KeyUsagePurpose> {
        use KeyUsagePurpose::{ContentCommitment, DigitalSignature, KeyEncipherment};
        match self {
            Usage::Combined | Usage::Tls | Usage::ServerOnly => {
                vec![DigitalSignature, KeyEncipherment]
            }
            Usage::Signing => vec![DigitalSignature, ContentCommitment],
            Usage::Encipherment => vec![KeyEncipherment],
            Usage::Code => vec![DigitalSignature],
        }
    }

    pub(super) fn purposes(self) -> Vec<ExtendedKeyUsagePurpose> {
        use ExtendedKeyUsagePurpose::{
            ClientAuth, CodeSigning, EmailProtection, Other, ServerAuth,
        };
        match self {
            Usage::Combined | Usage::Tls | Usage::Encipherment => vec![ClientAuth, ServerAuth],
            // Signing documents (RFC 9336).
            Usage::Signing => vec![EmailProtection, Other(vec![1, 3, 6, 1, 5, 5, 7, 3, 36])],
            Usage::ServerOnly => vec![ServerAuth],
            Usage::Code => vec![CodeSigning],
        }
    }
}

/// A certificate of the test PKI.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// Its name in file names.
    pub name: &'static str,
    /// The organisation in its subject.
    pub organisation: &'static str,
    /// `subject:serialNumber`, where the OIN belongs (PKI001).
    pub oin: Option<&'static str>,
    /// Parties in whose names it stands beside its own: a server that shows it
    /// may be any of them.
    pub(super) also: &'static [&'static str],
    /// The chain above it.
    pub hierarchy: Hierarchy,
    /// The rule that a message breaks which is signed with it.
    pub breaks: Option<&'static str>,
    pub(super) usage: Usage,
    pub(super) validity: Validity,
    pub(super) revoked: bool,
    /// RSA of 1024 bits.
    pub(super) weak: bool,
    /// Whose key it has among the built-in ones.
    pub(super) holder: &'static str,
}

/// DUO (10-landscape.md).
const DUO: Option<&str> = Some("00000001800866472000");
/// Invented, as are all below but the school's.
const OSR: Option<&str> = Some("00000003000000040000");
const SUPPLIER: Option<&str> = Some("00000003999999990000");
const HOSTING: Option<&str> = Some("00000003777777770000");
/// The school in DUO's real answer (20-edukoppeling.md).
const SCHOOL: Option<&str> = Some("0000000700025BE00000");

const fn right(
    name: &'static str,
    holder: &'static str,
    organisation: &'static str,
    oin: Option<&'static str>,
    hierarchy: Hierarchy,
) -> Identity {
    Identity {
        name,
        organisation,
        oin,
        also: &[],
        hierarchy,
        breaks: None,
        usage: match hierarchy {
            Hierarchy::G4Tls => Usage::Tls,
            Hierarchy::G4Signing => Usage::Signing,
            Hierarchy::G1 | Hierarchy::Stranger => Usage::Combined,
        },
        validity: Validity::Current,
        revoked: false,
        weak: false,
        holder,
    }
}

/// A supplier's combined certificate, before something is made wrong.
const fn wrong(name: &'static str, breaks: Option<&'static str>) -> Identity {
    Identity {
        breaks,
        ..right(
            name,
            "fout",
            "Voorbeeldleverancier (fout)",
            SUPPLIER,
            Hierarchy::G1,
        )
    }
}

const fn duo(name: &'static str, hierarchy: Hierarchy) -> Identity {
    right(
        name,
        "duo",
        "Dienst Uitvoering Onderwijs (test)",
        DUO,
        hierarchy,
    )
}

const fn osr(name: &'static str, hierarchy: Hierarchy) -> Identity {
    right(name, "osr", "Kennisnet OSR (test)", OSR, hierarchy)
}

const fn supplier(name: &'static str, hierarchy: Hierarchy) -> Identity {
    right(
        name,
        "leverancier",
        "Voorbeeldleverancier",
        SUPPLIER,
        hierarchy,
    )
}

const fn school(name: &'static str, hierarchy: Hierarchy) -> Identity {
    right(name, "school", "Basisschool Voorbeeld", SCHOOL, hierarchy)
}

/// Every certificate of parties in the test PKI: the right ones, then the
/// wrong ones.
pub const IDENTITIES: &[Identity] = &[
    duo("duo", Hierarchy::G1),
    duo("duo-g4-tls", Hierarchy::G4Tls),
    duo("duo-g4-ondertekening", Hierarchy::G4Signing),
    osr("osr", Hierarchy::G1),
    osr("osr-g4-tls", Hierarchy::G4Tls),
    osr("osr-g4-ondertekening", Hierarchy::G4Signing),
    supplier("leverancier", Hierarchy::G1),
    supplier("leverancier-g4-tls", Hierarchy::G4Tls),
    supplier("leverancier-g4-ondertekening", Hierarchy::G4Signing),
    Identity {
        breaks: Some("KK-EK-OIN-SCHOOLCERTIFICAAT"),
        ..school("school", Hierarchy::G1)
    },
    school("school-g4-tls", Hierarchy::G4Tls),
    school("school-g4-ondertekening", Hierarchy::G4Signing),
    Identity {
        validity: Validity::Expired,
        ..wrong("fout-verlopen", Some("KK-EK-PKI002-VERLOPEN"))
    },
    Identity {
        validity: Validity::NotYet,
        ..wrong("fout-nog-niet-geldig", Some("KK-EK-PKI002-NOGNIET"))
    },
    Identity {
        revoked: true,
        ..wrong("fout-ingetrokken", Some("KK-EK-PKI003-INGETROKKEN"))
    },
    Identity {
        hierarchy: Hierarchy::Stranger,
        ..wrong("fout-andere-root", Some("KK-EK-PKI005-KETEN"))
    },
    Identity {
        oin: None,
        ..wrong("fout-zonder-oin", Some("KK-EK-PKI001-ONTBREEKT"))
    },
    Identity {
        oin: Some("NTRNL-99999999"),
        ..wrong("fout-vorm-oin", Some("KK-EK-PKI001-VORM"))
    },
    Identity {
        oin: Some("00000099999999990000"),
        ..wrong("fout-test-oin", Some("KK-EK-PKI001-TESTOIN"))
    },
    Identity {
        usage: Usage::ServerOnly,
        // Messages may be signed with it; a TLS server refuses it.
        ..wrong("fout-zonder-clientauth", None)
    },
    Identity {
        usage: Usage::Encipherment,
        ..wrong("fout-sleutelgebruik", Some("KK-EK-PKI-GEBRUIK"))
    },
    Identity {
        usage: Usage::Code,
        ..wrong("fout-doel", Some("KK-EK-PKI-DOEL"))
    },
    Identity {
        weak: true,
        ..wrong("fout-zwakke-sleutel", Some("KK-EK-PKI-SLEUTEL"))
    },
    Identity {
        // Good in itself, in the name of a party and with the OIN of another.
        organisation: "Voorbeeldhosting",
        oin: HOSTING,
        also: &["duo", "osr", "leverancier"],
        ..wrong("fout-andere-partij", None)
    },
];
