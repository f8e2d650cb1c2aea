//! The second judge in answers: it decides if the check is unsure, and only then.

use quire_domain::{Answer, JudgedBy, ModelId, Support};
use quire_engines::scripted::{ScriptedRuntime, WordJudge};
use quire_service::AskRequest;

use super::{Fixture, fixture_of};

const HOUSE: &str = "The house has a red roof. Its heating was renewed in 2015. Its forty apple trees give \
    about nine tonnes of fruit every year.";

fn model() -> ModelId {
    "scripted/judge".parse().expect("a valid name")
}

/// Opens a fixture whose chat model says `reply`; without a judge the one chosen is not installed.
async fn judged(reply: &str, judge: Option<WordJudge>) -> Fixture {
    let engines = ScriptedRuntime::new([reply.to_owned()]);
    let engines = match judge {
        Some(judge) => engines.with_judge(judge),
        None => engines,
    };
    let fixture = fixture_of(engines, |config| config.judge_model = Some(model())).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    fixture
}

async fn ask(fixture: &Fixture) -> Answer {
    let question = "What is known about the house?".to_owned();
    let request = AskRequest { question, ..AskRequest::default() };
    fixture.services.ask_whole(&fixture.collection, request).await.expect("is answered")
}

fn verdicts(answer: &Answer) -> Vec<(Support, Option<JudgedBy>)> {
    answer.sentences.iter().map(|one| (one.support, one.judged_by)).collect()
}

/// The check knows the facts of this sentence, and not its verb.
const UNSURE: &str = "The heating of the house was modernised in 2015.";
/// The check takes this sentence for supported.
const SUPPORTED: &str = "The heating of the house was renewed in 2015.";

#[tokio::test(flavor = "multi_thread")]
async fn what_the_check_is_unsure_of_is_accepted_if_the_judge_is_sure() {
    let fixture = judged(UNSURE, None).await;
    let alone = ask(&fixture).await;
    assert_eq!(verdicts(&alone), [(Support::Unsupported, Some(JudgedBy::Check))]);

    let judge = WordJudge::new(model()).accepting("modernised");
    let fixture = judged(UNSURE, Some(judge)).await;
    let answer = ask(&fixture).await;
    assert_eq!(verdicts(&answer), [(Support::Supported, Some(JudgedBy::Judge))]);
    assert_eq!(answer.citations.len(), 1);
    assert!(HOUSE.contains(&answer.citations[0].quote), "the quote is stored text");
    let account = answer.receipt.judge.expect("an account");
    assert_eq!((account.asked, account.accepted, account.doubted), (1, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judge_that_is_not_sure_leaves_the_word_to_the_check() {
    let fixture = judged(UNSURE, Some(WordJudge::new(model()))).await;
    let answer = ask(&fixture).await;
    assert_eq!(verdicts(&answer), [(Support::Unsupported, Some(JudgedBy::Check))]);
    assert_eq!(answer.receipt.judge.expect("an account").accepted, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_failed_fact_is_ever_put_to_the_judge() {
    for altered in [
        "The heating of the house was modernised in 2016.",
        "The heating of the Weber house was modernised in 2015.",
        "The heating of the house was never modernised in 2015.",
        "No heating of the house was modernised in 2015.",
        "Its forty apple trees bear roughly nine kilograms of juicy fruit annually.",
        "Its forty apple trees bear roughly ninety tonnes of juicy fruit annually.",
    ] {
        let judge = WordJudge::new(model()).accepting("");
        let fixture = judged(altered, Some(judge)).await;
        let answer = ask(&fixture).await;
        assert_eq!(verdicts(&answer), [(Support::Unsupported, Some(JudgedBy::Check))], "{altered}");
        let judge = fixture.engines.judge.as_ref().expect("it was put in");
        assert!(judge.pairs().is_empty(), "{altered}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_check_accepts_is_doubted_and_a_quote_is_not() {
    let reply = format!("{SUPPORTED} The house has a red roof.");
    let judge = WordJudge::new(model()).doubting("house");
    let fixture = judged(&reply, Some(judge)).await;
    let answer = ask(&fixture).await;
    let expected =
        [(Support::Unsupported, Some(JudgedBy::Judge)), (Support::Quoted, Some(JudgedBy::Check))];
    assert_eq!(verdicts(&answer), expected);
    assert_eq!(answer.receipt.judge.expect("an account").doubted, 1);
    let asked = fixture.engines.judge.as_ref().expect("it was put in").pairs();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].premise.iter().any(|one| HOUSE.contains(one.as_str())), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judge_that_fails_costs_no_sentence() {
    let fixture = judged(SUPPORTED, Some(WordJudge::new(model()).failing())).await;
    let answer = ask(&fixture).await;
    assert_eq!(verdicts(&answer), [(Support::Supported, Some(JudgedBy::Check))]);
    let account = answer.receipt.judge.expect("an account");
    assert_eq!((account.asked, account.unanswered), (1, 1));
    assert!(account.failure.expect("a reason").contains("scripted/judge"));

    // One that is not installed is as good as none, and the receipt says so.
    let fixture = judged(SUPPORTED, None).await;
    let answer = ask(&fixture).await;
    assert_eq!(verdicts(&answer), [(Support::Supported, Some(JudgedBy::Check))]);
    let account = answer.receipt.judge.expect("an account");
    assert!(account.failure.expect("a reason").contains("not installed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judge_made_for_other_languages_is_not_asked() {
    let judge = WordJudge::new(model()).doubting("house");
    let judge = judge.with_languages(&[quire_domain::Language::Finnish]);
    let fixture = judged(SUPPORTED, Some(judge)).await;
    let answer = ask(&fixture).await;
    assert_eq!(verdicts(&answer), [(Support::Supported, Some(JudgedBy::Check))]);
    let account = answer.receipt.judge.expect("an account");
    assert!(account.failure.expect("a reason").contains("was not made for"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_judge_nothing_is_said_of_one() {
    let fixture = fixture_of(ScriptedRuntime::new([SUPPORTED.to_owned()]), |_| {}).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    let answer = ask(&fixture).await;
    assert_eq!(verdicts(&answer), [(Support::Supported, None)]);
    assert_eq!(answer.receipt.judge, None);
}
