//! `/__admin/assert-all-used`: whether everything that a test prepared was used.

use super::{
    action::{Action, Context},
    extract::EmptyBody,
    problem::ProblemResponse,
};

/// Maximum number of unused things in the message.
const MAX_SHOWN: usize = 20;

pub(crate) static CHECK: Action<EmptyBody, ()> = Action::post_silent("/assert-all-used", check)
    .named("assertAllUsed", "Fails if a fault never hit a call, or a queued scenario was never taken")
    .of_company()
    .fails_with(&[409]);

fn check(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<(), ProblemResponse> {
    context.check_existence()?;
    let unused = context.mock.unused(context.tenant()?.as_ref());
    if unused.is_empty() {
        return Ok(());
    }
    let more = match unused.len().saturating_sub(MAX_SHOWN) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    let shown = unused[..unused.len().min(MAX_SHOWN)].join("\n  ");
    Err(ProblemResponse::conflict(format!("not everything was used:\n  {shown}{more}")))
}
