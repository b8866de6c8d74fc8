//! What somebody may have meant who wrote a word that nobody knows.

/// Shorter words are no beginning of anything in particular.
const BEGINNING: usize = 3;

/// The comparison is quadratic, and no word that anybody may mean is that long.
const LONGEST: usize = 100;

/// The word among `known` that somebody who wrote `word` may have meant: the
/// one with the fewest slips of the pen, where to stop halfway is one slip; to
/// stop before that is one where nothing else begins so, as codes of rules do. Of
/// words that are equally near the shortest that goes on where `word` stops,
/// else the first.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let written = word.to_lowercase();
    let length = written.chars().count();
    let known: Vec<&str> = known.into_iter().collect();
    let begins = |known: &str| known.to_lowercase().starts_with(&written);
    let is_only = known.iter().filter(|known| begins(known)).count() == 1;
    let near = known.into_iter().filter_map(|known| {
        let whole = known.chars().count();
        let is_beginning = length >= BEGINNING && (is_only || length * 2 >= whole);
        if is_beginning && begins(known) {
            return Some((1, known.len(), known));
        }
        let slips = slips(word, known);
        // Words that only begin alike, as the codes of rules do, are not meant.
        let longer = length.max(whole);
        let is_near = slips <= 1.max(longer / 3) && slips * 2 < longer;
        is_near.then_some((slips, usize::MAX, known))
    });
    near.min_by_key(|&(slips, rest, _)| (slips, rest))
        .map(|(_, _, known)| known)
}

/// The slips of the pen between two words, whatever their case: letters that
/// are missing, too many, wrong or changed places.
pub fn slips(one: &str, other: &str) -> usize {
    strsim::damerau_levenshtein(&one.to_lowercase(), &other.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_slips_tell_what_is_meant() {
        let scenarios = [
            "po-inwinnen-las-inschrijven",
            "po-inwinnen-las-uitschrijven",
            "po-inwinnen-duo-inschrijven",
        ];
        let commands = ["run", "runs", "rules", "report"];
        let rules = ["KK-INS-EERSTE-PERIODE", "KK-INS-BSN", "KK-UIT-DATUM"];
        for (word, known, meant) in [
            (
                "po-inwinen-las-inschrijven",
                &scenarios[..],
                Some(scenarios[0]),
            ),
            (
                "po-inwinnen-las-utschrijven",
                &scenarios,
                Some(scenarios[1]),
            ),
            ("po-inwinnen-las", &scenarios, Some(scenarios[0])),
            ("PO-INWINNEN-DUO", &scenarios, Some(scenarios[2])),
            ("rnu", &commands, Some("run")),
            ("rn", &commands, Some("run")),
            ("rul", &commands, Some("rules")),
            ("repo", &commands, Some("report")),
            ("xyz", &commands, None),
            ("x", &["y", "z"], None),
            ("", &commands, None),
            (&"run".repeat(100), &commands, None),
            ("KK-INS-EERSTE-PERIOD", &rules, Some(rules[0])),
            ("KK-INS-LEERJAAR-ONBEKEND", &rules, None),
            ("KK-INS", &rules, Some(rules[1])),
            ("KK-I", &rules, None),
            ("KK-U", &rules, Some(rules[2])),
        ] {
            assert_eq!(nearest(word, known.iter().copied()), meant, "{word}");
        }
    }
}
