//! Tests of conditions.

use serde_json::json;

use super::*;

fn compiled(condition: Value) -> ValueMatch {
    let mut condition = ValueMatch::try_from(WrittenCondition(condition)).unwrap();
    condition.compile(MAX_SIZE).unwrap();
    condition
}

fn holds(condition: Value, value: Option<Value>) -> bool {
    compiled(condition).holds(value.as_ref())
}

#[test]
fn a_value_has_to_be_the_same() {
    assert!(holds(json!("a"), Some(json!("a"))));
    assert!(!holds(json!("a"), Some(json!("ab"))));
    assert!(!holds(json!("a"), None));
    assert!(holds(json!(["a", 1]), Some(json!(["a", 1]))));
    assert!(!holds(json!(["a", 1]), Some(json!([1, "a"]))));
    assert!(holds(json!(true), Some(json!("true"))), "flags come as texts too");
}

#[test]
fn presence_does_not_see_null() {
    for (value, is_there) in [(None, false), (Some(Value::Null), false), (Some(json!("")), true)] {
        assert_eq!(holds(json!({"present": true}), value.clone()), is_there);
        assert_eq!(holds(json!({"present": false}), value), !is_there);
    }
}

#[test]
fn a_list_contains_elements_and_a_text_its_parts() {
    let steps = json!([{"type": "liveness", "key": "selfie"}, {"type": "email"}]);
    assert!(holds(json!({"contains": {"type": "liveness"}}), Some(steps.clone())));
    assert!(!holds(json!({"contains": {"type": "email", "key": "selfie"}}), Some(steps)));
    assert!(holds(json!({"contains": "GEO"}), Some(json!(["UKR", "GEO"]))));
    assert!(holds(json!({"contains": "/checkout"}), Some(json!("https://example.com/checkout?a=b"))));
    assert!(!holds(json!({"contains": "x"}), None));
}

#[test]
fn a_glob_is_a_text_with_gaps() {
    assert!(holds(json!({"glob": "case-?"}), Some(json!("case-7"))));
    assert!(!holds(json!({"glob": "case-?"}), Some(json!("case-17"))));
    assert!(!holds(json!({"glob": "*"}), None));
    assert!(!holds(json!({"glob": "*"}), Some(json!(["a"]))), "a list contains, a text looks");
    ValueMatch::glob(&"a".repeat(201)).unwrap_err();
}

#[test]
fn what_is_no_condition_is_refused() {
    for wrong in [
        json!(null),
        json!({}),
        json!({"present": "yes"}),
        json!({"contains": 1, "present": true}),
        json!({"equals": 1}),
        json!({"matches": 1}),
        json!({"glob": 1}),
        json!({"glob": "a", "present": true}),
    ] {
        ValueMatch::try_from(WrittenCondition(wrong)).unwrap_err();
    }
}

#[test]
fn the_same_words_are_written_and_read() {
    for (written, value, is_met) in [
        (json!({"is": {"a": 1}}), json!({"a": 1}), true),
        (json!({"is": {"a": 1}}), json!(r#"{"a": 1}"#), true),
        (json!({"is": {"a": 1}}), json!({"a": 1, "b": 2}), false),
        (json!({"is": null}), Value::Null, true),
        (json!({"matches": "^a.c$"}), json!("abc"), true),
        (json!({"matches": "^[0-9]+$"}), json!(12), true),
        (json!({"glob": "1?"}), json!(12), true),
        (json!({"contains": 2}), json!([1, 2]), true),
        (json!({"contains": "b"}), json!({"a": "b"}), true),
    ] {
        let condition = compiled(written.clone());
        assert_eq!(condition.holds(Some(&value)), is_met, "{written} {value}");
        assert_eq!(Value::from(condition), written);
    }
}

#[test]
fn old_words_are_written_as_new_ones() {
    for (old, new) in [
        (json!({"exact": {"a": 1}}), json!({"is": {"a": 1}})),
        (json!({"exact": "a"}), json!("a")),
        (json!({"absent": true}), json!({"present": false})),
        (json!({"absent": false}), json!({"present": true})),
    ] {
        assert_eq!(Value::from(ValueMatch::try_from(WrittenCondition(old)).unwrap()), new);
    }
}
