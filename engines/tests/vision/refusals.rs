//! What is no image, what is too large, what does not fit, and models that see nothing.

use quire_domain::{ErrorKind, LoadOptions};
use quire_engines::{
    ChatMessage, ChatRole, EngineError, Feature, Generator, ModelRuntime, Prompt, RuntimeOptions,
};

use super::tiny::{self, Sight};
use super::{Picture, Seeing, Words, answer, ask, image, message, name, request};

async fn refused(generator: &dyn Generator, bytes: Vec<u8>) -> EngineError {
    let good = image(tiny::picture(1));
    let content = vec![good, image(bytes)];
    let message = ChatMessage { content, ..ChatMessage::new(ChatRole::User, "") };
    generator.generate(request(vec![message])).await.err().expect("it is refused")
}

#[tokio::test]
async fn what_is_no_image_is_refused_with_the_reason_and_harms_nobody() {
    let generator = Seeing::new(Sight::Plain).load().await;
    let before = answer(&*generator, ask(&[Picture(1), Words("What?")])).await;
    let whole = tiny::picture(1);
    let mut wrong = whole.clone();
    wrong[50] ^= 0xff;
    for (bytes, words) in [
        (Vec::new(), "empty"),
        (b"hi".to_vec(), "no PNG"),
        (b"%PDF-1.7".to_vec(), "no PNG"),
        (whole[..whole.len() / 2].to_vec(), "broken"),
        (wrong, "broken"),
        (tiny::png(30_000, 30_000, &[0; 100]), "make it smaller"),
        (tiny::png(4_000, 2, &[0; 100]), "cut it into pieces"),
        (tiny::png(2_000, 2_000, &[0; 100]), "broken"),
        (tiny::png(0, 9, &[0; 100]), "image 2"),
    ] {
        let error = refused(&*generator, bytes).await;
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        let told = error.to_string();
        assert!(told.contains(words) && told.contains("image 2"), "{told}");
    }
    let many: Vec<_> = (0..65).map(|_| image(tiny::picture(1))).collect();
    let many = ChatMessage { content: many, ..ChatMessage::new(ChatRole::User, "") };
    let error = generator.generate(request(vec![many])).await.err().expect("they are too many");
    assert!(error.to_string().contains("64"), "{error}");
    let after = answer(&*generator, ask(&[Picture(1), Words("What?")])).await;
    before.assert_same(&after, "after all that");
}

#[tokio::test]
async fn an_image_counts_when_a_prompt_is_too_long() {
    let options = RuntimeOptions { load: LoadOptions::of_context(64), ..RuntimeOptions::default() };
    let generator = Seeing::new(Sight::Plain).load_with(options).await;
    let chat = |pictures: usize| {
        let mut content = vec![image(tiny::picture(1)); pictures];
        content.extend(message(ChatRole::User, &[Words("?")]).content);
        vec![ChatMessage { content, ..ChatMessage::new(ChatRole::User, "") }]
    };
    let count = |pictures| {
        let prompt = Prompt::chat(chat(pictures));
        generator.count_prompt_tokens(&prompt).expect("a count")
    };
    let one = count(2) - count(1);
    assert_eq!(one, 16, "a picture has as many tokens as squares");
    let fits = answer(&*generator, request(chat(1))).await;
    assert_eq!(fits.prompt_tokens, count(1));
    let error = generator.generate(request(chat(3))).await.err().expect("it is too long");
    assert!(
        matches!(error, EngineError::ContextExceeded { prompt_tokens, context_tokens: 64, .. }
            if prompt_tokens == count(3)),
        "{error}"
    );
}

#[tokio::test]
async fn a_model_without_a_projector_sees_nothing() {
    let model = Seeing::new(Sight::Plain);
    std::fs::remove_file(model.store.path().join("tiny/seeing/mmproj-model-f16.gguf"))
        .expect("it goes");
    let runtime = model.runtime(RuntimeOptions::default());
    assert!(!runtime.list_models().await.expect("a list")[0].reads_images);
    let generator = runtime.get_generator(&name()).await.expect("it loads");
    let error = generator.generate(ask(&[Picture(1), Words("?")])).await.err().expect("refused");
    assert!(matches!(error, EngineError::Unsupported { feature: Feature::Images, .. }), "{error}");
    assert!(error.to_string().contains("choose another model"), "{error}");
    assert_eq!(answer(&*generator, ask(&[Words("Hello")])).await.log_probabilities.len(), 12);
}

#[tokio::test]
async fn a_projector_that_is_of_no_use_is_named() {
    let model = Seeing::new(Sight::Plain);
    let path = model.store.path().join("tiny/seeing/mmproj-model-f16.gguf");
    std::fs::write(&path, tiny::projector(Sight::Plain, 48)).expect("a file");
    let load =
        async || model.runtime(RuntimeOptions::default()).get_generator(&name()).await.map(drop);
    let error = load().await.expect_err("it is another model's").to_string();
    assert!(error.contains("mmproj-model-f16.gguf") && error.contains("delete it"), "{error}");
    // One that cannot be read at all is none.
    let whole = tiny::projector(Sight::Plain, 32);
    std::fs::write(&path, &whole[..whole.len() / 2]).expect("a file");
    load().await.expect("it is loaded without");
}
