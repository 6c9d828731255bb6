// The fast decoder beside a plain one: every token by one more run over all tokens so far, without a cache, without a
// hypothesis. Both must say the same.
#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include <gtest/gtest.h>

#include "adapters/moonshine/moonshine_model.h"
#include "adapters/moonshine/speech_models.h"
#include "adapters/moonshine/words.h"
#include "support/spoken.h"

namespace sotto {
namespace {

std::filesystem::path folder_of(std::string const& name) { return SOTTO_SOURCE_DIR "/.cache/moonshine-" + name; }

class PlainDecoder {
 public:
  explicit PlainDecoder(std::filesystem::path const& folder)
      : encoder_(OnnxSession::load(folder / "encoder.onnx").value()),
        decoder_(OnnxSession::load(folder / "decoder.onnx").value()) {}

  void hear(std::vector<float> samples) {
    samples.resize(std::max<std::size_t>(samples.size(), 16'000));
    std::vector<OnnxInput> past;
    cross_.clear();
    for (auto& input : decoder_.inputs()) {
      if (input.name.starts_with("cross.")) cross_.push_back(input.name);
      if (input.name.starts_with("past.")) past.push_back(input);
    }
    std::vector<char const*> names;
    for (auto const& name : cross_) names.push_back(name.c_str());
    std::array const sound{tensor_over<float>(samples, {1, static_cast<std::int64_t>(samples.size())})};
    inputs_ = std::vector<Ort::Value>(2);
    std::ranges::move(encoder_.run(std::array{"samples"}, sound, names).value(), std::back_inserter(inputs_));
    names_ = {"ids", "logits_from"};
    std::ranges::copy(cross_, std::back_inserter(names_));
    for (auto const& input : past) {
      names_.push_back(input.name);
      inputs_.push_back(tensor_over<float>(std::span(&nothing_, 0), {1, input.shape[1], 0, input.shape[3]}));
    }
  }

  // The logarithms of the probabilities of what follows these tokens.
  std::vector<double> next(std::vector<Token> const& tokens) {
    std::vector<Token> ids{MoonshineTokens::start};
    ids.insert(ids.end(), tokens.begin(), tokens.end());
    auto logits_from = static_cast<Token>(ids.size()) - 1;
    inputs_[0] = tensor_over<Token>(ids, {1, static_cast<std::int64_t>(ids.size())});
    inputs_[1] = tensor_over<Token>(std::span(&logits_from, 1), {1});
    std::vector<char const*> names;
    for (auto const& name : names_) names.push_back(name.c_str());
    auto const logits = decoder_.run(names, inputs_, std::array{"logits"}).value();
    auto const* row = logits[0].GetTensorData<float>();
    std::vector<double> out(row, row + logits[0].GetTensorTypeAndShapeInfo().GetElementCount());
    auto const most = *std::ranges::max_element(out);
    double sum = 0;
    for (auto const value : out) sum += std::exp(value - most);
    for (auto& value : out) value -= most + std::log(sum);
    return out;
  }

  std::vector<Token> decode(std::vector<float> samples) {
    hear(std::move(samples));
    std::vector<Token> tokens;
    while (tokens.size() < 200) {
      auto const words = next(tokens);
      auto const best = static_cast<Token>(std::ranges::max_element(words) - words.begin());
      if (best == MoonshineTokens::end) return tokens;
      tokens.push_back(best);
    }
    throw std::runtime_error("no end");
  }

 private:
  OnnxSession encoder_, decoder_;
  std::vector<std::string> cross_, names_;
  std::vector<Ort::Value> inputs_;
  float nothing_ = 0;
};

// Every text that is among the `width` likeliest of its length, to the end of each.
std::vector<Token> plain_beam(PlainDecoder& first, PlainDecoder& second, double weight, std::size_t width) {
  using Text = std::pair<double, std::vector<Token>>;
  std::vector<Text> texts{{0, {}}};
  Text best{-1e9, {}};
  while (!texts.empty()) {
    std::vector<Text> longer;
    for (auto const& [likelihood, tokens] : texts) {
      auto const a = first.next(tokens), b = second.next(tokens);
      for (std::size_t word = 0; word < a.size(); ++word) {
        auto const then = likelihood + (1 - weight) * a[word] + weight * b[word];
        if (then < likelihood - 12) continue;
        longer.emplace_back(then, tokens);
        longer.back().second.push_back(static_cast<Token>(word));
      }
    }
    std::ranges::sort(longer, std::ranges::greater{}, &Text::first);
    longer.resize(std::min(longer.size(), width));
    texts.clear();
    for (auto& text : longer) {
      if (text.first <= best.first) continue;
      if (text.second.back() != MoonshineTokens::end) {
        texts.push_back(std::move(text));
      } else {
        text.second.pop_back();
        best = std::move(text);
      }
    }
  }
  return best.second;
}

class MoonshineReference : public testing::TestWithParam<char const*> {
 protected:
  MoonshineModel model = MoonshineModel::load(folder_of(GetParam())).value();
  PlainDecoder plain{folder_of(GetParam())};
  std::vector<std::string> const sentences{
      "I would like to cancel my contract because it is too expensive.",
      "Thank you for calling, how may I help you today?",
      "The technician will be there on Friday between nine and eleven.",
      "Yes.",
      "My card was charged twice last month and nobody could tell me why.",
  };
};

TEST_P(MoonshineReference, TheFastDecoderSaysTheSame) {
  for (auto const& sentence : sentences) {
    auto const audio = spoken(sentence);
    EXPECT_EQ(model.decode(audio)->tokens, plain.decode(audio)) << sentence;
  }
}

TEST_P(MoonshineReference, ABeamFindsWhatAPlainOneFinds) {
  auto const other = MoonshineModel::load(folder_of("tiny")).value();
  PlainDecoder beside{folder_of("tiny")};
  for (auto const& sentence : sentences) {
    auto const audio = spoken(sentence);
    auto const sound = model.encode(audio).value(), sound_beside = other.encode(audio).value();
    std::array const both{Opinion{model, sound, 0.75f}, Opinion{other, sound_beside, 0.25f}};
    plain.hear(audio);
    beside.hear(audio);
    auto const found = decode_together(both, {.beam = 4}).value();
    EXPECT_EQ(found.text, model.tokens().text(plain_beam(plain, beside, 0.25, 4))) << sentence;
    // What was known before changes nothing, but for marks.
    auto const known = decode_together(both, {.known = model.decode(audio)->tokens, .beam = 4}).value();
    EXPECT_EQ(bare_words(split_words(known.text)), bare_words(split_words(found.text))) << sentence;
  }
}

// But for a comma here and there: the activations of one pass share a scale, so two tokens that are nearly as likely
// may change places.
TEST_P(MoonshineReference, WhatWasKnownBeforeChangesNothing) {
  for (auto const& sentence : {sentences[0], sentences[2]}) {
    auto const audio = spoken(sentence);
    auto const tokens = plain.decode(audio);
    auto half = std::vector(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(tokens.size() / 2));
    EXPECT_EQ(model.decode(audio, {.known = half})->tokens, tokens) << sentence;
    half.insert(half.end(), {1000, 2000, 3000});
    EXPECT_EQ(model.decode(audio, {.known = half})->tokens, tokens) << sentence;
    EXPECT_EQ(model.decode(audio, {.known = tokens})->tokens, tokens) << sentence;
  }
}

// A wrong word in the middle: what follows it is tried again.
TEST_P(MoonshineReference, AHypothesisWithAWrongWordChangesNothing) {
  for (auto const& sentence : {sentences[0], sentences[2], sentences[4]}) {
    auto const audio = spoken(sentence);
    auto const tokens = plain.decode(audio);
    for (auto wrong : {std::vector<Token>{}, std::vector<Token>{1000}, std::vector<Token>{1000, 2000, 3000}}) {
      auto known = std::vector(tokens.begin(), tokens.begin() + 3);
      known.insert(known.end(), wrong.begin(), wrong.end());
      known.insert(known.end(), tokens.begin() + 4, tokens.end());
      auto const decoding = model.decode(audio, {.known = known}).value();
      EXPECT_EQ(decoding.tokens, tokens) << sentence;
      EXPECT_EQ(decoding.words.size(), model.decode(audio)->words.size());
    }
  }
}

// What the smaller model heard is a hypothesis for the larger one.
TEST(MoonshineVocabulary, IsTheSameForBothModels) {
  auto const tiny = MoonshineModel::load(folder_of("tiny")).value();
  auto const base = MoonshineModel::load(folder_of("base")).value();
  EXPECT_TRUE(tiny.tokens().writes_as(base.tokens()));
  for (auto const* sentence : {"I would like to cancel my contract.", "Thank you, how may I help you today?"}) {
    auto const audio = spoken(sentence);
    auto const known = tiny.decode(audio)->tokens;
    EXPECT_EQ(base.decode(audio, {.known = known})->text, base.decode(audio)->text);
  }
}

// Whether a token was found step by step or in one pass.
TEST_P(MoonshineReference, IsAsSureOfTheWordsWhateverWasKnown) {
  auto const audio = spoken(sentences[0]);
  auto const alone = model.decode(audio, {.times = true}).value();
  auto const again = model.decode(audio, {.known = alone.tokens, .times = true}).value();
  ASSERT_EQ(again.tokens, alone.tokens);
  ASSERT_EQ(alone.words.size(), 12u);
  for (std::size_t at = 0; at < alone.words.size(); ++at) {
    auto const &first = alone.words[at], &second = again.words[at];
    EXPECT_NEAR(first.evidence.least, second.evidence.least, 0.1 + 0.3 * std::abs(first.evidence.least)) << at;
    EXPECT_LE(first.evidence.sum, first.evidence.least);
    EXPECT_LT(std::abs(first.when.from - second.when.from), 1600) << at;
    EXPECT_LT(first.when.from, first.when.to);
  }
}

// What was said before is in the audio and told: times count from the beginning of the audio all the same.
TEST_P(MoonshineReference, TimesBehindWhatWasSaidCountFromTheSameSample) {
  auto const audio = spoken(sentences[2]);
  auto const whole = model.decode(audio, {.times = true}).value();
  auto const said = std::span(whole.tokens).first(5);
  auto const rest = model.decode(audio, {.said = said, .times = true}).value();
  ASSERT_GT(rest.words.size(), 3u);
  for (std::size_t back = 1; back <= 3; ++back) {
    auto const &ours = rest.words[rest.words.size() - back], &theirs = whole.words[whole.words.size() - back];
    EXPECT_LT(std::abs(ours.when.from - theirs.when.from), 1600) << back;
  }
  for (std::size_t at = 1; at < whole.words.size(); ++at) {
    EXPECT_GE(whole.words[at].when.from, whole.words[at - 1].when.to);
  }
}

// A text begins with a piece that begins a word, as each of its words does.
TEST_P(MoonshineReference, WritesItsFirstWordAsTheOthers) {
  auto const tokens = model.decode(spoken(sentences[1]))->tokens;
  EXPECT_EQ(tokens.front(), model.tokens().encode(" Thank").front());
}

TEST_P(MoonshineReference, SaysTheWords) {
  EXPECT_NE(model.decode(spoken(sentences[0]))->text.find("cancel my contract"), std::string::npos);
}

TEST_P(MoonshineReference, ATermThatIsExpectedIsHeard) {
  auto const audio = spoken("I am calling about my Zephyrion plan.");
  Keyterms const terms(std::vector<std::string>{"Zephyrion", "Northwind"}, model.tokens());
  EXPECT_EQ(model.decode(audio)->text.find("Zephyrion"), std::string::npos);
  EXPECT_NE(model.decode(audio, {.keyterms = &terms})->text.find("Zephyrion"), std::string::npos)
      << model.decode(audio, {.keyterms = &terms})->text;
  EXPECT_EQ(model.decode(spoken(sentences[1]), {.keyterms = &terms})->text, model.decode(spoken(sentences[1]))->text);
}

// Where the cores are too few.
TEST(MoonshineSaving, TheSmallerModelHearsAndItsTokensGoNowhere) {
  auto const models = load_speech_models(SOTTO_SOURCE_DIR "/.cache", {.finals = "base", .partials = "tiny"}).value();
  ASSERT_TRUE(models.can_save());
  auto const audio = spoken("I would like to cancel my contract because it is too expensive.");
  DecodeJob job{.kind = DecodeKind::deciding, .audio = audio};
  job.known = models.finals->decode(audio)->tokens;
  auto const decoding = decode_savingly(models, job).value();
  EXPECT_NE(decoding.text.find("cancel my contract"), std::string::npos) << decoding.text;
  EXPECT_TRUE(decoding.tokens.empty());
  EXPECT_TRUE(decoding.other_model);
  EXPECT_FALSE(load_speech_models(SOTTO_SOURCE_DIR "/.cache", {.finals = "tiny", .partials = "tiny"})->can_save());
}

// The model writes another name; that one sounds nearly as the term.
TEST(MoonshineTerms, AnotherSpellingOfWhatIsExpectedBecomesIt) {
  auto const models = load_speech_models(SOTTO_SOURCE_DIR "/.cache", {.finals = "base", .partials = "tiny"}).value();
  auto const read = [&](std::string const& sentence, std::vector<std::string> const& terms) {
    DecodeJob job{.kind = DecodeKind::deciding, .audio = spoken(sentence)};
    job.keyterms = std::make_shared<Keyterms const>(terms, models.finals->tokens());
    return decode(models, job, Effort::full).value();
  };
  auto const heard = read("My name is Fennimore and I want to cancel.", {"Fennimore", "Haldane"});
  EXPECT_NE(heard.text.find("Fennimore"), std::string::npos) << heard.text;
  EXPECT_EQ(heard.words.size(), split_words(heard.text).size());
  auto const other =
      read("I would like to cancel my contract because it is too expensive.", {"Cantell", "Condrick", "Expance"});
  EXPECT_NE(other.text.find("cancel my contract"), std::string::npos) << other.text;
}

INSTANTIATE_TEST_SUITE_P(Models, MoonshineReference, testing::Values("tiny", "base"),
                         [](auto const& info) { return std::string(info.param); });

TEST(MoonshineModel, AGraphOfSomethingElseIsNotTaken) {
  auto const folder = std::filesystem::temp_directory_path() / ("sotto-moonshine-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  for (auto const* name : {"encoder.onnx", "decoder.onnx"}) {
    std::filesystem::create_symlink(folder_of("tiny") / "encoder.onnx", folder / name);
  }
  auto const model = MoonshineModel::load(folder);
  std::filesystem::remove_all(folder);
  ASSERT_FALSE(model.has_value());
  EXPECT_EQ(model.error().code, "model_broken");
  EXPECT_NE(model.error().message.find("decoder.onnx"), std::string::npos);
}

}  // namespace
}  // namespace sotto
