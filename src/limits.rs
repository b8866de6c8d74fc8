//! Every limit on what comes from outside, in one place.

/// Nesting of elements or of JSON values. The deepest published message has
/// about twelve levels; the readers behind the gate are safe up to far more.
pub const MAX_DEPTH: usize = 100;

/// Attributes and namespace declarations on one element.
pub const MAX_ATTRIBUTES: usize = 256;

/// Bytes of one message. A registration overview of the largest school is
/// about 3 MB.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024 * 1024;

/// Elements of one message, so that a message of `MAX_MESSAGE_BYTES` made of
/// empty elements cannot take gigabytes as a tree.
pub const MAX_ELEMENTS: usize = 1_000_000;

/// Bytes of one zip archive as a whole, unpacked.
pub const MAX_ARCHIVE_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Entries of one zip archive or one HAR capture.
pub const MAX_ARCHIVE_ENTRIES: usize = 1_000_000;

/// How many times larger than its packed size an archive entry may be. Plain
/// XML packs to about a thirtieth; a bomb to a thousandth.
pub const MAX_COMPRESSION_RATIO: u64 = 200;

/// Bytes of an archive entry below which its compression ratio says nothing:
/// a short file of one repeated character is no bomb.
pub const MIN_BOMB_BYTES: u64 = 1024 * 1024;

/// Header lines of one HTTP message.
pub const MAX_HTTP_HEADERS: usize = 256;

/// Bytes of start line and headers of one HTTP message.
pub const MAX_HTTP_HEAD_BYTES: usize = 64 * 1024;

/// The smallest buffer for an HTTP message; hyper takes no smaller one.
pub const MIN_HTTP_BUFFER_BYTES: usize = 8 * 1024;

/// Bytes of what a proxy answers to CONNECT.
pub const MAX_PROXY_HEAD_BYTES: usize = 16 * 1024;

/// Seconds for a connection with a server: name, TCP, proxy and TLS together.
pub const CONNECT_SECONDS: u64 = 10;

/// Seconds for the next bytes of an HTTP message.
pub const READ_SECONDS: u64 = 30;

/// Seconds for a request and its answer as a whole.
pub const EXCHANGE_SECONDS: u64 = 120;

/// Seconds that a client keeps a connection for its next request: less than
/// the five after which the usual servers close one.
pub const KEEP_ALIVE_SECONDS: u64 = 4;

/// Connections with one host that a client keeps.
pub const MAX_KEPT_CONNECTIONS: usize = 64;

/// Connections that a server serves at a time; further ones wait.
pub const MAX_CONNECTIONS: usize = 256;

/// Seconds that a server waits for the next request on a connection.
pub const SERVER_IDLE_SECONDS: u64 = 30;

/// Seconds that a connection with a server lasts at most (WT008).
pub const MAX_SESSION_SECONDS: u64 = 30 * 60;

/// Seconds in which a server that stops ends what it is answering.
pub const STOP_SECONDS: u64 = 5;

/// Seconds that it is waited for what comes of handshakes that have begun.
pub const SETTLE_SECONDS: u64 = 1;

/// Seconds, and bytes, that a server reads on from a client that it refused, so
/// that the client can read why.
pub const LINGER_SECONDS: u64 = 1;
/// See [`LINGER_SECONDS`].
pub const MAX_LINGER_BYTES: usize = 256 * 1024;

/// Requests that the parties of this process answer at a time, all servers
/// together. A party may wait for another while it answers.
pub const MAX_HANDLER_THREADS: usize = 1024;

/// Findings on one message; what comes after is counted, not listed.
pub const MAX_FINDINGS_PER_MESSAGE: usize = 200;

/// Structural repairs that the schema diagnosis tries on one message before
/// it says that there is more.
pub const MAX_REPAIRS: usize = 25;

/// Elements that the schema diagnosis drives through the engine for one
/// message, all drives together, before it says that there is more: some
/// seconds of work.
pub const MAX_DIAGNOSED_ELEMENTS: usize = 2_000_000;

/// Characters of a message value that a finding quotes.
pub const MAX_QUOTED_CHARS: usize = 80;

/// Characters of what a party says in words, such as the text of a SOAP fault,
/// that a finding quotes.
pub const MAX_SAID_CHARS: usize = 300;

/// Bytes of recorded events that stay in memory before they go to disk.
pub const EVENT_SPOOL_BYTES: usize = 8 * 1024 * 1024;

/// Bytes of one recorded event: all findings on one message, or of one scenario.
pub const MAX_EVENT_BYTES: u64 = 256 * 1024 * 1024;

/// Findings that the HTML report writes out; further ones are counted only. A
/// browser stays quick with some tens of thousands.
pub const MAX_PAGE_FINDINGS: u64 = 20_000;

/// Names that one list of the HTML report has; further ones are counted only.
pub const MAX_PAGE_NAMES: usize = 2_000;

/// Characters of one text in the HTML report; what is longer is cut.
pub const MAX_PAGE_CHARS: usize = 4_000;

/// Different findings of one run that are compared with another run's.
pub const MAX_COMPARED_FINDINGS: usize = 1_000_000;

/// Exchanges that a sequence diagram draws; the table beside it has them all.
pub const MAX_DRAWN_EXCHANGES: usize = 60;

/// Bytes of one file of a pack (schema, rule set, value list).
pub const MAX_PACK_FILE_BYTES: usize = 16 * 1024 * 1024;

/// Files of one pack.
pub const MAX_PACK_FILES: usize = 2_000;

/// Items that one range expression of a foreign rule set may span.
pub const MAX_XPATH_RANGE: i64 = 100_000;

/// Steps that the loops and ranges of all rules may take on one message: each
/// item of a range and each turn of a `for`, `some` or `every` is one.
pub const MAX_XPATH_STEPS: u64 = 2_000_000;

/// Rule files that include each other.
pub const MAX_INCLUDE_DEPTH: usize = 16;

/// Alternatives of one location path of a rule; beyond them the path is taken
/// to match anywhere.
pub const MAX_PATH_ALTERNATIVES: usize = 64;
/// Different toelaatbaarheidsverklaringen that one enrolment's record keeps
/// for the rules over a batch; what comes after leaves the rule undecided.
/// With the record itself they stay within 1 KiB.
pub const MAX_RECORD_STATEMENTS: usize = 16;

/// Bytes of one record of a message, for the rules over a batch.
pub const MAX_RECORD_BYTES: usize = 1024;

/// Names of message elements outside all packs that a batch remembers for its
/// places; further ones are called `*`.
pub const MAX_RECORD_NAMES: usize = 1_000;
/// Bytes of an official package, packed or its schema files together.
pub const MAX_PACKAGE_BYTES: u64 = 64 * 1024 * 1024;

/// Entries of an official package, also those that are no schema; a folder
/// with more is not a package but, say, somebody's home folder.
pub const MAX_PACKAGE_ENTRIES: usize = 20_000;

/// Places of one message that the binding of rules looks at. A message of
/// DUO's largest contract has about two thousand.
pub const MAX_BINDING_PLACES: usize = 50_000;

/// Findings over a batch that are listed; further ones are only counted.
pub const MAX_BATCH_FINDINGS: usize = 10_000;

/// Bytes of one file with certificates or revocation lists. The largest list
/// of a PKIoverheid issuer is some megabytes.
pub const MAX_MATERIAL_BYTES: u64 = 64 * 1024 * 1024;

/// Seconds that fetching one revocation list may take.
pub const CRL_FETCH_SECONDS: u64 = 20;

/// Revocation lists that one run fetches: a message must not make it call
/// the whole world.
pub const MAX_CRL_FETCHES: usize = 32;

/// Bytes of one file with a private key.
pub const MAX_KEY_BYTES: u64 = 1024 * 1024;

/// Files of one folder with certificates or revocation lists.
pub const MAX_MATERIAL_FILES: usize = 2_000;

/// Certificates of signers whose chain a run remembers; with more, it forgets
/// them all and begins anew.
pub const MAX_KNOWN_CERTIFICATES: usize = 1_000;

/// Bytes of what asks a LAS to act, and of what it answers. The largest answer
/// shows all that a LAS knows.
pub const MAX_TRIGGER_BYTES: usize = 8 * 1024 * 1024;

/// Bytes of one YAML file: a scenario or a target.
pub const MAX_YAML_BYTES: usize = 4 * 1024 * 1024;

/// Values of one YAML file, each alias counted with all that it stands for.
pub const MAX_YAML_VALUES: usize = 200_000;

/// Files of shared steps that include each other.
pub const MAX_SCRIPT_INCLUDES: usize = 8;

/// Steps of one scenario, those of included files counted.
pub const MAX_SCRIPT_STEPS: usize = 10_000;

/// Turns of one repetition in a scenario.
pub const MAX_SCRIPT_TURNS: u32 = 10_000;

/// Made-up pupils beside the starter data of a LAS. There are some nine hundred
/// numbers for them.
pub const MAX_MADE_UP_PUPILS: u32 = 900;

/// Files of one folder of scenarios.
pub const MAX_SCRIPTS: usize = 5_000;

/// Bytes of a text of a scenario after its values are put in.
pub const MAX_SCRIPT_TEXT: usize = 4 * 1024 * 1024;

/// Bytes of the body of a request to the OSR. A registration has some hundred.
pub const MAX_OSR_REQUEST_BYTES: usize = 64 * 1024;

/// Bytes of an answer of the OSR that a team file names. A mandate of every
/// school of the country for some services is about 20 MB.
pub const MAX_OSR_ANSWER_BYTES: u64 = 64 * 1024 * 1024;

/// Documents that DUO's counterpart remembers with their answers, to answer
/// one that is sent again: about a kilobyte each.
pub const MAX_REMEMBERED_DOCUMENTS: usize = 5_000;

/// Lines of the weekly file that DUO's counterpart keeps.
pub const MAX_WEEKLY_SIGNALS: usize = 10_000;
/// How deep below a named folder the evidence of runs is looked for.
pub const RUNS_DEPTH: usize = 5;
/// Runs that are read from one path: years of every supplier's.
pub const MAX_READINESS_RUNS: usize = 100_000;

/// Recorded exchanges that scenarios are held against at once.
pub const MAX_RECORDED_EXCHANGES: usize = 20_000;

/// Bytes of their messages together: they stay in memory.
pub const MAX_RECORDED_BYTES: usize = 512 * 1024 * 1024;

/// Messages that wait to be judged while a proxy passes others on; beyond them
/// it waits.
pub const MAX_WAITING_MESSAGES: usize = 64;

/// Files that the evidence of one run may have: a run of a thousand scenarios
/// has some ten thousand.
pub const MAX_EVIDENCE_FILES: usize = 200_000;

/// Bytes of one file of evidence: a message of the largest size with its head.
pub const MAX_EVIDENCE_FILE_BYTES: u64 = MAX_MESSAGE_BYTES as u64 + 1024 * 1024;

/// Seconds of real time that a message waits for the step of a script that
/// answers it.
pub const MAX_HELD_SECONDS: u64 = 120;

/// How far the moment of a scenario may lie from the system's clock, in
/// seconds, for it to be played against a party whose clock cannot be moved.
pub const NEAR_SECONDS: u64 = 24 * 60 * 60;

/// How far a clock that was set may lie from the moment that it was set to, in
/// seconds: it runs on while it answers.
pub const CLOCK_SECONDS: u64 = 60;

/// Seconds of real time that a LAS has for one action.
pub const TRIGGER_SECONDS: u64 = 300;

/// Milliseconds of real time after which a DUO that serves by itself looks
/// whether it has something to send.
pub const PUSH_LOOK_MILLISECONDS: u64 = 500;

/// Seconds of real time after which it tries again what it could not deliver.
pub const PUSH_AGAIN_SECONDS: u64 = 60;

/// Bytes of a run that a supplier sends, packed.
pub const MAX_UPLOAD_BYTES: usize = 32 * 1024 * 1024;

/// Runs of suppliers that are looked at at a time.
pub const MAX_UPLOADS_AT_ONCE: usize = 2;

/// Runs that one supplier may send in an hour.
pub const MAX_UPLOADS_PER_HOUR: u32 = 60;

/// Bytes of what the matrix keeps of a run that a supplier sends.
pub const MAX_IMPORTED_BYTES: usize = 4 * 1024 * 1024;

/// Seconds that the clock of whoever played a run may be ahead of ours.
pub const CLOCK_SLACK_SECONDS: i64 = 5 * 60;

/// Requests that somebody without a token may make from one address in a
/// minute. A page is one.
pub const MAX_REQUESTS_PER_MINUTE: u32 = 120;

/// Addresses of which requests are counted; further ones share one count.
pub const MAX_COUNTED_ADDRESSES: usize = 10_000;

/// Bytes of a form that a visitor sends.
pub const MAX_FORM_BYTES: usize = 64 * 1024;

/// Connections with visitors at a time; further ones wait.
pub const MAX_SERVE_CONNECTIONS: usize = 32;

/// Seconds that a visitor's request may take to come in.
pub const SERVE_READ_SECONDS: u64 = 60;

/// Seconds that a visitor's connection lasts at most.
pub const MAX_SERVE_SECONDS: u64 = 5 * 60;

/// Visits of browsers that are remembered; with more, all log in again.
pub const MAX_VISITS: usize = 1_000;

/// Seconds after which a visitor logs in again.
pub const VISIT_SECONDS: u64 = 8 * 60 * 60;

/// Milliseconds that whoever shows a wrong token waits for the answer.
pub const REFUSED_MILLISECONDS: u64 = 500;

/// Disputes in one file.
pub const MAX_DISPUTES: usize = 1_000;

/// Disputes of one supplier that a store keeps.
pub const MAX_STORED_DISPUTES: usize = 200;

/// Characters of what somebody holds against a rule, and of its source.
pub const MAX_DISPUTE_CHARS: usize = 2_000;
