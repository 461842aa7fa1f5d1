use super::*;

fn all() -> Vec<Readout> {
    let mut all: Vec<Readout> = names::PLAIN.iter().map(|row| row.readout.clone()).collect();
    all.extend([Readout::Token(1), Readout::Token(512), Readout::StandIn("Banana".to_owned())]);
    all
}

#[test]
fn names_are_those_of_the_command_line() {
    let names: Vec<String> = all().iter().map(ToString::to_string).collect();
    assert_eq!(
        names.join(" "),
        "cls mean mean-content max sep random pooler cls+mean attention-weighted cls-at-end cls-random-labels majority words token:1 token:512 stand-in:Banana"
    );
}

#[test]
fn names_and_json_come_back() {
    for readout in all() {
        assert_eq!(readout.to_string().parse::<Readout>().as_ref(), Ok(&readout));
        let json = serde_json::to_string(&readout).expect("writes");
        assert_eq!(json, format!("\"{readout}\""));
        assert_eq!(serde_json::from_str::<Readout>(&json).expect("reads"), readout);
        assert!(!readout.label().is_empty() && readout.describe().ends_with('.'));
    }
    assert_eq!(" CLS+Mean ".parse(), Ok(Readout::ClsMean));
    assert_eq!("Stand-In:caf\u{e9}".parse(), Ok(Readout::StandIn("caf\u{e9}".to_owned())));
}

#[test]
fn an_unknown_name_gets_a_suggestion_and_the_list() {
    let error = |text: &str| text.parse::<Readout>().expect_err("unknown").to_string();
    assert!(error("msx").contains("Did you mean max? There are: cls, mean,"), "{}", error("msx"));
    assert!(error("cls-at-the-end").contains("Did you mean cls-at-end?"));
    assert!(error("GlobalPooling").contains("Did you mean mean?"));
    assert!(error("token").contains("Did you mean token:1?"));
    assert!(!error("qqqqqqqq").contains("Did you mean") && error("").contains("stand-in:WORD"));
    assert!(error(&"x".repeat(100_000)).len() < 400);
    for bad in ["token:", "token:0", "token:513", "token:x", "token:+1", "token:-1"] {
        assert!(error(bad).contains("from 1 to 512"), "{}", error(bad));
    }
    for bad in ["stand-in:", "stand-in:two words", "stand-in:a,b", "stand-in:\u{1b}"] {
        assert!(error(bad).contains("needs one word") && !error(bad).contains('\u{1b}'), "{}", error(bad));
    }
}

#[test]
fn what_each_needs() {
    assert!(all().iter().filter(|readout| readout.is_baseline()).count() == 2);
    assert!(Readout::ClsAtEnd.needs_own_pass() && Readout::StandIn("x".to_owned()).needs_own_pass());
    assert!(all().iter().filter(|readout| readout.needs_own_pass()).count() == 2);
}

proptest::proptest! {
    #[test]
    fn what_is_read_is_written_alike(text in "(token:|stand-in:|cls|mean)?\\PC{0,12}") {
        if let Ok(readout) = text.parse::<Readout>() {
            proptest::prop_assert_eq!(readout.to_string().parse::<Readout>(), Ok(readout));
        }
    }
}
