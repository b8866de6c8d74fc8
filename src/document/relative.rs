//! Names of files as other files give them.

/// `name` as seen from the file `base`, with slashes and without steps up;
/// `None` when it leads out of the folder that all names begin in, or is a
/// whole path or address.
pub fn seen_from(base: &str, name: &str) -> Option<String> {
    if name.starts_with('/') || name.contains(['\\', ':']) {
        return None;
    }
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::seen_from;

    #[test]
    fn a_name_never_leads_out_of_the_folder() {
        for (base, name, seen) in [
            ("a/b.yaml", "c.yaml", Some("a/c.yaml")),
            ("a/b.yaml", "../c/d.yaml", Some("c/d.yaml")),
            ("a/b/regels.sch", "../c/d.sch", Some("a/c/d.sch")),
            ("b.yaml", "./c.yaml", Some("c.yaml")),
            ("b.yaml", "../c.yaml", None),
            ("a/b.yaml", "../../c.yaml", None),
            ("a/b.yaml", "/etc/passwd", None),
            ("a/b.yaml", "C:\\c.yaml", None),
            ("a/regels.sch", "http://example.org/x.sch", None),
        ] {
            assert_eq!(seen_from(base, name).as_deref(), seen, "{base} {name}");
        }
    }
}
