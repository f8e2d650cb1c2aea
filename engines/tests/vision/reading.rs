//! What an image does to an answer, and what of it is read twice.

use quire_domain::LoadOptions;
use quire_engines::{
    ChatMessage, ChatRole, Feature, GenerateRequest, ModelRuntime, RuntimeOptions,
};

use super::tiny::Sight;
use super::{Part, Picture, Seeing, Words, answer, ask, message, name, request};

#[tokio::test]
async fn the_same_image_says_the_same_and_another_one_something_else() {
    for sight in Sight::ALL {
        let model = Seeing::new(sight);
        let generator = model.load().await;
        assert!(generator.info().features.contains(&Feature::Images));
        let one = answer(&*generator, ask(&[Words("Look: "), Picture(1), Words(" What?")])).await;
        let again = answer(&*generator, ask(&[Words("Look: "), Picture(1), Words(" What?")])).await;
        one.assert_same(&again, &format!("{sight:?}"));
        let fresh = model.load().await;
        let fresh = answer(&*fresh, ask(&[Words("Look: "), Picture(1), Words(" What?")])).await;
        one.assert_same(&fresh, &format!("{sight:?}, loaded anew"));
        let other = answer(&*generator, ask(&[Words("Look: "), Picture(2), Words(" What?")])).await;
        one.assert_other(&other, &format!("{sight:?}"));
        assert_eq!(one.prompt_tokens, other.prompt_tokens);
        let none = answer(&*generator, ask(&[Words("Look: "), Words(" What?")])).await;
        assert!(none.prompt_tokens < one.prompt_tokens, "{sight:?}: an image has tokens");
        one.assert_other(&none, &format!("{sight:?}, without an image"));
    }
}

#[tokio::test]
async fn an_image_counts_where_it_stands() {
    for sight in Sight::ALL {
        let generator = Seeing::new(sight).load().await;
        let orders = [
            ask(&[Picture(1), Words("What?")]),
            ask(&[Words("What?"), Picture(1), Words("!")]),
            ask(&[Picture(1), Picture(2), Words("What?")]),
            ask(&[Picture(2), Picture(1), Words("What?")]),
            ask(&[Picture(1), Picture(1), Words("What?")]),
            ask(&[Picture(1), Words("then"), Picture(2), Words("What?")]),
        ];
        let mut answers = Vec::new();
        for order in orders {
            answers.push(answer(&*generator, order).await);
        }
        for (place, one) in answers.iter().enumerate() {
            for other in &answers[..place] {
                one.assert_other(other, &format!("{sight:?} {place}"));
            }
        }
        let alone = answers[0].prompt_tokens;
        assert_eq!(answers[2].prompt_tokens, answers[4].prompt_tokens);
        assert!(answers[2].prompt_tokens > alone);
    }
}

#[tokio::test]
async fn a_conversation_about_an_image_reads_it_once() {
    for sight in Sight::ALL {
        let model = Seeing::new(sight);
        let generator = model.load().await;
        let begin = |number| message(ChatRole::User, &[Picture(number), Words("What is it?")]);
        let more = |number: u8, said: &str| {
            let said = ChatMessage::new(ChatRole::Assistant, said);
            request(vec![begin(number), said, ChatMessage::new(ChatRole::User, "And then?")])
        };
        let first = answer(&*generator, request(vec![begin(1)])).await;
        assert_eq!(first.cached_tokens, 0, "{sight:?}");
        let second = answer(&*generator, more(1, &first.text)).await;
        assert!(second.cached_tokens >= first.prompt_tokens, "{sight:?}: {second:?}");
        let fresh = answer(&*model.load().await, more(1, &first.text)).await;
        assert_eq!(fresh.cached_tokens, 0);
        second.assert_same(&fresh, &format!("{sight:?}, gone on with"));
        // Another image: what comes before it is known, and nothing behind it.
        let other = answer(&*generator, more(2, &first.text)).await;
        let before = "<|im_start|>user\n".len() - "<|im_start|>".len() + 1;
        assert_eq!(other.cached_tokens, before, "{sight:?}");
        let fresh = answer(&*model.load().await, more(2, &first.text)).await;
        other.assert_same(&fresh, &format!("{sight:?}, another image"));
        // The first one is still there.
        let third = answer(&*generator, more(1, &first.text)).await;
        assert!(third.cached_tokens >= second.prompt_tokens - 1, "{sight:?}: {third:?}");
    }
}

#[tokio::test]
async fn images_are_read_in_any_batch() {
    for sight in Sight::ALL {
        let model = Seeing::new(sight);
        let parts = [Words("Look: "), Picture(1), Words(" and "), Picture(3), Words(" What?")];
        let whole = answer(&*model.load().await, ask(&parts)).await;
        for batch_tokens in [1, 5, 300] {
            let options = RuntimeOptions {
                batch_tokens,
                load: LoadOptions::of_context(512),
                ..RuntimeOptions::default()
            };
            let cut = answer(&*model.load_with(options).await, ask(&parts)).await;
            whole.assert_same(&cut, &format!("{sight:?} by {batch_tokens}"));
        }
    }
}

#[tokio::test]
async fn only_instructions_are_kept_on_disk() {
    let model = Seeing::new(Sight::Plain);
    let cache = tempfile::tempdir().expect("a folder");
    let options = || RuntimeOptions {
        load: LoadOptions::of_context(1024),
        prompt_cache: Some(cache.path().to_owned()),
        ..RuntimeOptions::default()
    };
    let rules = "Answer with letters alone, and say what you see in the image that is shown.";
    let kept = || std::fs::read_dir(cache.path()).map_or(0, Iterator::count);
    let asked = |parts: &[Part]| {
        let messages =
            vec![ChatMessage::new(ChatRole::System, rules), message(ChatRole::User, parts)];
        GenerateRequest { instructions_bytes: rules.len(), ..request(messages) }
    };
    let first =
        answer(&*model.load_with(options()).await, asked(&[Picture(1), Words("What?")])).await;
    assert_eq!(kept(), 1, "the instructions, without the image");
    let generator = model.load_with(options()).await;
    let other = answer(&*generator, asked(&[Picture(2), Words("What?")])).await;
    assert!(other.cached_tokens >= rules.len(), "{other:?}");
    let again = answer(&*generator, asked(&[Picture(1), Words("What?")])).await;
    first.assert_same(&again, "after a restart");
    assert_eq!(kept(), 1);
    // An image before the rules: nothing of it is kept.
    let content = message(ChatRole::User, &[Picture(1), Words(rules)]);
    let request = GenerateRequest { instructions_bytes: rules.len(), ..request(vec![content]) };
    answer(&*generator, request).await;
    assert_eq!(kept(), 1);
}

#[tokio::test]
async fn it_is_known_before_it_is_loaded_that_a_model_reads_images() {
    let model = Seeing::new(Sight::Plain);
    let runtime = model.runtime(RuntimeOptions::default());
    let listed = runtime.list_models().await.expect("a list");
    assert_eq!(listed.len(), 1, "a projector is no model: {listed:?}");
    assert!(listed[0].reads_images);
    assert!(runtime.residents().find_capacity(&name()).is_none());
    let generator = runtime.get_generator(&name()).await.expect("it loads");
    assert!(runtime.residents().find_capacity(&name()).expect("it is here").reads_images);
    let folder = model.store.path().join("tiny/seeing");
    let size = |file: &str| folder.join(file).metadata().expect("it is there").len();
    let projector = size("mmproj-model-f16.gguf");
    assert_eq!(listed[0].size_bytes, size("model.gguf") + projector);
    assert!(generator.info().memory_bytes > projector);
}
