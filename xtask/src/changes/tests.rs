//! Tests that files are either unchanged or completely changed, whichever step fails or is the last one of a killed
//! process.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use tempfile::TempDir;

use super::*;

/// The content of a folder: the text of each file, and the target of each link.
type Tree = BTreeMap<String, String>;

fn tree(root: &Path) -> Tree {
    let entries = files::entries(root).unwrap().into_iter();
    let text = |path: &Path| match fs::read_link(path) {
        Ok(target) => format!("-> {}", target.display()),
        Err(_) => fs::read_to_string(path).unwrap(),
    };
    entries
        .map(|(name, entry)| (name, text(&entry.path)))
        .collect()
}

/// Returns a folder and changes of every kind: changed, new and removed files, including their folders, a file that
/// replaces a folder, and a folder that replaces a file.
fn workspace() -> (TempDir, Changes) {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("README.md", "kept"),
        ("spec/2026-10.yaml", "old"),
        ("spec/2026-04.yaml", "old"),
        ("generated/src/gone/a.rs", "old"),
        ("generated/src/folder/mod.rs", "old"),
        ("generated/src/file", "old"),
    ] {
        files::write(&root.path().join(path), text).unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", root.path().join("generated/src/link")).unwrap();
    let mut changes = Changes::default();
    for path in [
        "spec/2026-10.yaml",
        "spec/2027-01.yaml",
        "generated/src/new/folder/mod.rs",
        "generated/src/folder",
        "generated/src/file/mod.rs",
        "generated/src/link",
    ] {
        changes.write(path, "new");
    }
    for path in [
        "spec/2026-04.yaml",
        "generated/src/gone/a.rs",
        "generated/src/folder/mod.rs",
        "generated/src/file",
    ] {
        changes.remove(path);
    }
    (root, changes)
}

/// Makes the changes, without undoing them if a step fails.
fn attempt(changes: &Changes, root: &Path, before: BeforeStep<'_>) -> Result<(), FileError> {
    let _lock = Store::of(root).create()?;
    changes.attempt(root, before)
}

/// Returns a function that fails at this step, counted from 0.
fn failing_at(step: usize) -> impl FnMut() -> io::Result<()> {
    let mut count = 0;
    move || {
        count += 1;
        match count == step + 1 {
            true => Err(io::Error::other("the disk is gone")),
            false => Ok(()),
        }
    }
}

/// Returns the number of steps that a run takes.
fn steps(run: impl FnOnce(BeforeStep<'_>)) -> usize {
    let mut count = 0;
    run(&mut || {
        count += 1;
        Ok(())
    });
    count
}

#[test]
fn all_changes_are_made() {
    let (root, changes) = workspace();
    changes.apply(root.path()).unwrap();
    let after = tree(root.path());
    let new = changes
        .written()
        .map(|path| (path.to_owned(), "new".to_owned()));
    let mut expected: Tree = new.collect();
    expected.insert("README.md".to_owned(), "kept".to_owned());
    assert_eq!(after, expected);
    assert!(!root.path().join("generated/src/gone").exists());
    assert!(changes.removed().all(|path| !after.contains_key(path)));
    recover(root.path()).unwrap();
    assert_eq!(tree(root.path()), after);
}

#[test]
fn a_step_that_fails_leaves_the_tree_as_it_was() {
    let (root, changes) = workspace();
    let before = tree(root.path());
    let all = steps(|count| {
        let (root, changes) = workspace();
        attempt(&changes, root.path(), count).unwrap();
    });
    assert!(all > 15, "{all}");
    for step in 0..all {
        let error = attempt(&changes, root.path(), &mut failing_at(step)).unwrap_err();
        assert!(error.to_string().contains("the disk is gone"), "{error}");
        undo(root.path(), &mut || Ok(())).unwrap();
        assert_eq!(tree(root.path()), before, "step {step}");
        assert!(!root.path().join("generated/src/new").exists());
    }
    changes.apply(root.path()).unwrap();
}

#[test]
fn a_process_that_ends_while_it_takes_changes_back_loses_nothing() {
    let (root, changes) = workspace();
    let before = tree(root.path());
    let mut attempted = 0;
    while attempt(&changes, root.path(), &mut failing_at(attempted)).is_err() {
        let mut undone = 0;
        while undo(root.path(), &mut failing_at(undone)).is_err() {
            undone += 1;
        }
        assert_eq!(tree(root.path()), before, "steps {attempted}, {undone}");
        attempted += 1;
    }
    assert!(attempted > 15, "{attempted}");
}

#[test]
fn an_error_names_the_file_and_says_that_nothing_was_changed() {
    let (root, mut changes) = workspace();
    changes.remove("generated/never_there");
    let before = tree(root.path());
    let error = changes.apply(root.path()).unwrap_err().to_string();
    assert!(error.contains("generated/never_there: "), "{error}");
    assert!(error.ends_with("; no file was changed"), "{error}");
    assert_eq!(tree(root.path()), before);
}

#[test]
fn changes_of_another_running_command_are_left_alone() {
    let (root, changes) = workspace();
    let lock = Store::of(root.path()).create().unwrap();
    let failed = changes.attempt(root.path(), &mut failing_at(12));
    failed.unwrap_err();
    let between = tree(root.path());
    let error = recover(root.path()).unwrap_err().to_string();
    assert!(
        error.contains("another command is changing files"),
        "{error}"
    );
    changes.apply(root.path()).unwrap_err();
    assert_eq!(tree(root.path()), between);
    drop(lock);
    // A process that another test is starting holds the lock, too, until it executes its program.
    let has_recovered = (0..1000).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        recover(root.path()).is_ok()
    });
    assert!(has_recovered);
    assert_eq!(tree(root.path()), tree(workspace().0.path()));
}
