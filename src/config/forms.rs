//! The forms of settings of the server.

use indexmap::IndexMap;

use super::{Cors, ErrorStatus, check_base_url, control_api::check_host_name, error_status::checked};
use crate::{
    company::Company,
    problem::Problem,
    scenario::Trigger,
    settings::{FlagUse, Form, SettingWord, forms, parse_number},
    vendor::{Dialect, ErrorCode, ResultCase},
};

forms! {
    /// A base URL.
    BaseUrl<String>: "URL", FlagUse::Value, |url, _| check_base_url(url).map(|()| url.to_owned()),
        String = String::clone,
        schemas::base_url();
    /// The HTTP status of an error.
    Status<u16>: "STATUS", FlagUse::Value, |text, _| parse_status(text), u16 = |status| *status, schemas::status();
    /// The maximum nesting of JSON.
    Depth<usize>: "NUMBER", FlagUse::Value, |text, _| parse_number(text), usize = |depth| *depth, schemas::depth();
    /// A pattern of company keys and their secret; `true` stands for all keys, `false` for none. Shown without the
    /// secret.
    OnDemandKey<Option<Company>>: "PATTERN[=SECRET]", FlagUse::Optional("*"), |text, _| parse_on_demand(text),
        Option<String> = |company| company.as_ref().map(|company| company.key.clone()),
        schemas::name();
    /// Names of hosts.
    HostNames<Vec<String>>: "NAME", FlagUse::List, add_host_name, Vec<String> = Vec::clone,
        schemas::host_name();
    /// Origins of pages, `*` for all.
    Origins<Cors>: "ORIGIN", FlagUse::List, |text, before| Ok(before.unwrap_or_default().and(text.parse()?)),
        Vec<String> = Cors::origins,
        schemas::origin();
    /// Company keys and their secrets; shown without the secrets.
    CompanyKeys<Vec<Company>>: "KEY[=SECRET]", FlagUse::List, |text, before| Ok(added(before, parse_company(text)?)),
        Vec<String> = |companies| companies.iter().map(|company| company.key.clone()).collect(), schemas::name();
    /// The HTTP status of errors.
    ErrorStatuses<ErrorStatus>: "[ERROR=]STATUS", FlagUse::List, add_error_status,
        IndexMap<&'static str, u16> = |statuses|
            ErrorCode::ALL.iter().map(|code| (code.as_str(), statuses.status_for(*code))).collect(),
        schemas::error_status(&ErrorCode::ALL.map(|code| code.as_str()));
}

impl SettingWord for Dialect {
    const VALUE: &'static str = "manual|live";
}

impl SettingWord for ResultCase {
    const VALUE: &'static str = "upper|lower";
}

/// The trigger of an outcome.
#[derive(Debug)]
pub(crate) struct OutcomeTrigger;

impl Form<Trigger> for OutcomeTrigger {
    const VALUE: &'static str = "WHEN";
    type Shown = String;

    fn read(text: &str, _: Option<Trigger>) -> Result<Trigger, Problem> {
        text.parse()
    }

    fn show(trigger: &Trigger) -> String {
        trigger.to_string()
    }

    #[cfg(test)]
    fn schema(generator: &mut schemars::SchemaGenerator) -> serde_json::Value {
        generator.subschema_for::<Trigger>().to_value()
    }
}

/// Parses a status and checks that an error can have it.
fn parse_status(text: &str) -> Result<u16, Problem> {
    let status = text.parse().map_err(|_| Problem::malformed(text, "a status from 200 to 599"))?;
    checked(status)
}

fn add_host_name(name: &str, before: Option<Vec<String>>) -> Result<Vec<String>, Problem> {
    check_host_name(name)?;
    Ok(added(before, name.to_owned()))
}

fn added<T>(list: Option<Vec<T>>, element: T) -> Vec<T> {
    let mut list = list.unwrap_or_default();
    list.push(element);
    list
}

fn add_error_status(text: &str, before: Option<ErrorStatus>) -> Result<ErrorStatus, Problem> {
    let mut statuses = before.unwrap_or_default();
    match text.split_once('=') {
        Some((code, status)) => statuses.set(code.parse()?, parse_status(status)?)?,
        None => statuses.set_all(parse_status(text)?)?,
    }
    Ok(statuses)
}

/// Parses a company key, with the secret after `=`.
fn parse_company(text: &str) -> Result<Company, Problem> {
    let company = match text.split_once('=') {
        Some((key, secret)) => Company::new(key).secret(secret),
        None => Company::new(text),
    };
    match company.problem() {
        // An error about a flag prints its value, and so the secret: validation is left to the check of all settings.
        Some(problem) if company.secret.as_ref().is_none_or(|secret| secret.expose().is_empty()) => Err(problem),
        _ => Ok(company),
    }
}

fn parse_on_demand(text: &str) -> Result<Option<Company>, Problem> {
    match text {
        "true" => Ok(Some(Company::new("*"))),
        "false" => Ok(None),
        "" => Err(Problem::rule("the pattern is empty; write `*` for all company keys")),
        pattern => parse_company(pattern).map(Some),
    }
}
