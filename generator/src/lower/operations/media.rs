//! Media types of responses.

use crate::lower::Lowering;

/// The client supports one media type per response, and does not negotiate.
pub(super) fn refuse_several(cx: &mut Lowering<'_, '_>, at: &str) {
    cx.problem(
        &format!("{at}/content"),
        "several media types are not supported: leave one of them, by a correction",
    );
}
