//! Downloads that are written to files.

use std::fs;

use super::*;

fn names(folder: &tempfile::TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[tokio::test]
async fn a_file_is_written_atomically() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(&path, "before").unwrap();
    let steps = [
        Step::Chunks(200, vec!["a"], End::Broken),
        Step::Chunks(200, vec!["a", "bc"], End::Whole),
    ];
    let script = ScriptedTransport::new(steps);
    assert_eq!(file(&script, 3, "abc").to_file(&path).await.unwrap(), 3);
    assert_eq!(fs::read_to_string(&path).unwrap(), "abc");
    assert_eq!(names(&folder), ["a.txt"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::write(folder.path().join("b"), "").unwrap();
        let mode = |name: &str| {
            fs::metadata(folder.path().join(name))
                .unwrap()
                .permissions()
                .mode()
        };
        assert_eq!(mode("a.txt"), mode("b"));
        // The permissions of the replaced file are preserved.
        for rights in [0o600, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(rights)).unwrap();
            let script = ScriptedTransport::new([response(200, "abc")]);
            file(&script, 3, "abc").to_file(&path).await.unwrap();
            assert_eq!(mode("a.txt") & 0o777, rights);
        }
    }
}

#[tokio::test]
async fn a_failed_download_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(&path, "before").unwrap();
    for step in [
        response(200, "abx"),
        response(403, ""),
        Step::Chunks(200, vec!["a"], End::Broken),
    ] {
        let script = ScriptedTransport::new([step]);
        file(&script, 3, "abc").to_file(&path).await.unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        assert_eq!(names(&folder), ["a.txt"]);
    }
    let script = ScriptedTransport::new([response(200, "abc")]);
    let error = file(&script, 3, "abc")
        .to_file(folder.path().join("x/y"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::File { .. }));
    assert_eq!(script.count(), 0);
}

#[tokio::test]
async fn only_regular_files_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("folder")).unwrap();
    let mut targets = vec![(path("folder"), "not a regular file")];
    #[cfg(unix)]
    {
        let _ = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        fs::write(path("file"), "before").unwrap();
        std::os::unix::fs::symlink(path("file"), path("link")).unwrap();
        std::os::unix::fs::symlink(path("nowhere"), path("dangling")).unwrap();
        targets.extend([
            (path("socket"), "not a regular file"),
            ("/dev/null".into(), "not a regular file"),
            (path("link"), "symbolic link"),
            (path("dangling"), "symbolic link"),
        ]);
    }
    let mut before = names(&folder);
    before.sort();
    for (target, reason) in targets {
        let script = ScriptedTransport::new([response(200, LINK), response(200, PDF)]);
        let error = receipt(&script).to_file(&target).await.unwrap_err();
        assert!(matches!(error, Error::File { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        // Nothing was requested, not even the generation of the document.
        assert_eq!(script.count(), 0);
    }
    let mut after = names(&folder);
    after.sort();
    assert_eq!(before, after);
    #[cfg(unix)]
    assert_eq!(fs::read_to_string(path("file")).unwrap(), "before");
}
