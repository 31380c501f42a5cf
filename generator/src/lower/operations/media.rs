//! Checks the media types of responses.

use crate::lower::Lowering;

/// Rejects several media types: the client supports one per response, and does not negotiate.
pub(super) fn reject_several(cx: &mut Lowering<'_, '_>, at: &str) {
    cx.problem(
        &format!("{at}/content"),
        "several media types are not supported: remove all but one with a correction",
    );
}
