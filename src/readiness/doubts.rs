//! What in a team file cannot be as it stands there, although the file can be
//! read: it names what nobody knows, or what it says holds no longer. The
//! matrix is made all the same, and whoever makes it is told.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::imported::Imported;
use super::matrix::Matrix;
use super::team::Team;
use crate::document::nearest;
use crate::report::visible;
use crate::scenario::{Library, Role};
use crate::text::{Texts, say};

/// Something that is to be told, as a key of the texts (`readiness.<key>`) with
/// its arguments.
pub type Remark = (&'static str, Vec<(&'static str, String)>);

/// A remark in words.
pub fn remark(one: &Remark, texts: &Texts) -> String {
    let (key, args) = one;
    let args = args.iter().map(|(name, value)| (*name, visible(value)));
    let args: Vec<(&str, String)> = args.collect();
    let args: Vec<(&str, &str)> = args.iter().map(|(name, it)| (*name, it.as_str())).collect();
    say(&texts.readiness, key, &args)
}

/// What is doubtful in what the team knows, held against the runs that there are
/// and the whole matrix of a day.
pub fn doubts(team: &Team, runs: &[Imported], matrix: &Matrix, today: Date) -> Vec<Remark> {
    let mut doubts = Vec::new();
    let mut strange: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for run in runs.iter().filter(|run| !team.accepts(run)) {
        let signer = run.signed.as_ref().map_or("", |signer| signer.name());
        *strange.entry((&run.oin, &run.product, signer)).or_default() += 1;
    }
    for ((oin, product, signer), count) in strange {
        let args = vec![
            ("product", product.to_string()),
            ("oin", oin.to_string()),
            ("signer", signer.to_string()),
            ("count", count.to_string()),
        ];
        doubts.push(("team-signer", args));
    }
    let products: BTreeSet<(&str, &str)> = matrix
        .rows
        .iter()
        .map(|row| (row.oin.as_str(), row.product.as_str()))
        .collect();
    let phases = team.phase.iter().map(|one| (&one.oin, &one.product));
    let waivers = team.waiver.iter().map(|one| (&one.oin, &one.product));
    let named: BTreeSet<(&str, &str)> = phases
        .chain(waivers)
        .map(|(oin, product)| (oin.as_str(), product.as_str()))
        .collect();
    for (oin, product) in named.difference(&products) {
        let of_oin = products.iter().filter(|(known, _)| known == oin);
        let near = nearest(product, of_oin.map(|(_, product)| *product));
        doubts.push((
            "team-product",
            vec![
                ("product", (*product).to_string()),
                ("oin", (*oin).to_string()),
                ("nearest", near.unwrap_or_default().to_string()),
            ],
        ));
    }
    // A mistyped product of a supplier whose runs are of another one.
    for row in matrix.rows.iter().filter(|row| row.version.is_none()) {
        let tested = matrix.rows.iter().filter(|other| {
            other.oin == row.oin && other.version.is_some() && other.followed.is_none()
        });
        if let Some(near) = nearest(&row.product, tested.map(|other| other.product.as_str())) {
            doubts.push((
                "team-supplier",
                vec![
                    ("product", row.product.clone()),
                    ("oin", row.oin.clone()),
                    ("nearest", near.to_string()),
                ],
            ));
        }
    }
    let lines = matrix.rows.iter().flat_map(|row| &row.cells);
    let lines = lines.flat_map(|cell| &cell.scenarios);
    let shipped = Library::shipped().scenarios.iter();
    let scenarios: BTreeSet<&str> = lines
        .map(|line| line.scenario.as_str())
        .chain(shipped.map(|scenario| &*scenario.id))
        .collect();
    for waiver in &team.waiver {
        let of_waiver = || {
            vec![
                ("scenario", waiver.scenario.clone()),
                ("product", waiver.product.clone()),
            ]
        };
        if !scenarios.contains(waiver.scenario.as_str()) {
            let near = nearest(&waiver.scenario, scenarios.iter().copied());
            let near = ("nearest", near.unwrap_or_default().to_string());
            let args = of_waiver().into_iter().chain([near]);
            doubts.push(("team-scenario", args.collect()));
        }
        let mut others = Library::shipped().scenarios.iter();
        if others.any(|one| *one.id == *waiver.scenario && one.subject != Role::Las) {
            doubts.push(("team-party", of_waiver()));
        }
        if waiver.until.0 < today {
            let until = ("until", waiver.until.0.to_string());
            let args = of_waiver().into_iter().chain([until]);
            doubts.push(("team-waiver", args.collect()));
        }
    }
    for phase in &team.phase {
        let later = phase.realised.filter(|day| day.0 > today);
        doubts.extend(later.map(|day| {
            let args = vec![
                ("phase", phase.phase.name().to_string()),
                ("product", phase.product.clone()),
                ("key", phase.key.name().to_string()),
                ("realised", day.0.to_string()),
            ];
            ("team-realised", args)
        }));
    }
    for supplier in &team.supplier {
        for (what, count) in [
            ("mandated", supplier.mandated),
            ("registered", supplier.registered),
        ] {
            let (Some(count), Some(schools)) = (count, supplier.schools) else {
                continue;
            };
            if count > schools {
                let args = vec![
                    ("product", supplier.product.clone()),
                    ("what", what.to_string()),
                    ("count", count.to_string()),
                    ("schools", schools.to_string()),
                ];
                doubts.push(("team-schools", args));
            }
        }
    }
    doubts
}
