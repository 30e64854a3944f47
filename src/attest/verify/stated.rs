//! By which names statements know what is at hand, and a problem for each thing that they do not know.

use super::{Count, Judged, Standing};
use crate::attest::naming::Names;
use crate::attest::outputs::{prefix, subject};
use crate::attest::testimony::Testimony;
use crate::digest::hex;
use crate::error::{Code, Error};
use crate::statement::agreement::difference;
use crate::statement::is_file;

/// Fills in the names of all files. Where no outputs are agreed on, there is a problem for each that is stated otherwise, or
/// not at all.
pub fn judge(report: &mut Count) {
    let Count { testimonies, rows, agreed, .. } = &*report;
    let about: Vec<&Testimony> = rows
        .iter()
        .filter(|row| row.standing != Standing::OtherRecipe)
        .map(|row| &testimonies[row.testimony])
        .filter(|testimony| testimony.result.has_output())
        .collect();
    if let Some(agreed) = agreed {
        let among: Vec<_> = about.iter().filter(|t| difference(agreed, &t.outputs).is_none()).collect();
        let known = |judged: &Judged| {
            among.iter().find_map(|t| subject(t, &judged.file, &judged.names)).map(str::to_owned)
        };
        let subjects: Vec<_> = report.files.iter().map(known).collect();
        report.files.iter_mut().zip(subjects).for_each(|(judged, subject)| judged.subject = subject);
        return;
    }
    // What is stated together, but by those alone who do not count, is no forgery: that nobody counts is said anyway.
    if about.is_empty() || about.iter().any(|testimony| report.is_stated_whole(testimony)) {
        return;
    }
    let files = report.files.iter().filter_map(|judged| file(judged, &about));
    let wholes = report.wholes.iter().filter_map(|(name, sha256)| whole(name, sha256, &about));
    let mut wrong: Vec<String> = files.chain(wholes).collect();
    if wrong.is_empty() {
        wrong.push(format!("{}: each is stated, but no statement names them together", report.at_hand()));
    }
    report.problems.extend(wrong.into_iter().map(|message| Error::new(Code::FileNotStated, message)));
}

/// Why a file is not one of those that are stated, if it is none.
fn file(Judged { file, names, .. }: &Judged, about: &[&Testimony]) -> Option<String> {
    let here = hex(&file.digests.sha256);
    let path = &file.name;
    if about.iter().any(|testimony| subject(testimony, file, names).is_some()) {
        return None;
    }
    // What it is instead.
    let elsewhere = about.iter().find_map(|testimony| subject(testimony, file, &Names::Any));
    let is = elsewhere.map_or_else(String::new, |other| format!(", and its bytes are those of {other}"));
    let all = || about.iter().flat_map(|testimony| &testimony.outputs).filter(|(name, _)| is_file(name));
    let sha256 = |name: &str| {
        let mut stated = all().filter(|(other, _)| *other == name);
        stated.find_map(|(_, digests)| digests.get("sha256")).map_or("nothing", |digest| prefix(digest))
    };
    Some(match (names, all().find(|(name, _)| names.contain(name))) {
        (Names::These(_), Some((name, _))) => format!(
            "{path} is not the file {name} that is stated: its sha256 is {}, and that of {name} is stated as {}{is}; if it \
             is meant as another file of the output, give NAME={path}",
            prefix(&here),
            sha256(name)
        ),
        (Names::These(_), None) => {
            format!("no statement about this recipe has the file {path}{is}: its sha256 is {}", prefix(&here))
        }
        (Names::Any, Some((name, _))) => format!(
            "no statement about this recipe has the file {path}: its sha256 is {}, that of {name} is stated as {}",
            prefix(&here),
            sha256(name)
        ),
        (Names::Any, None) => {
            format!("no statement about this recipe has the file {path}: none names a file")
        }
    })
}

/// The same of a whole output.
fn whole(name: &str, here: &str, about: &[&Testimony]) -> Option<String> {
    let key = format!("nar:{name}");
    let stated = about.iter().filter_map(|testimony| testimony.outputs.get(&key)?.get("sha256"));
    let stated: Vec<&String> = stated.collect();
    Some(match stated.first() {
        Some(_) if stated.iter().any(|sha256| *sha256 == here) => return None,
        Some(sha256) => format!(
            "the output {name} at hand is not the one that is stated: the sha256 of its archive is {}, and {} is stated; a \
             file in it was changed, added or removed, or its mode: `sarsen challenge` compares each",
            prefix(here),
            prefix(sha256)
        ),
        None => format!(
            "no statement about this recipe has an output called {name}; a directory is compared as a whole output, and \
             NAME=DIRECTORY says which"
        ),
    })
}
