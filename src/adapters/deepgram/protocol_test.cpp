#include "adapters/deepgram/protocol.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/json.h"

namespace sotto::deepgram {
namespace {

namespace json = boost::json;

TEST(ListenQuery, ReadsWhatATelephoneClientAsksFor) {
  auto const query = parse_query(
      "model=nova-3&language=en-US&encoding=linear16&sample_rate=8000&channels=2&multichannel=true"
      "&interim_results=true&endpointing=500&utterance_end_ms=1000&vad_events=true&smart_format=true&no_delay=true"
      "&keyterm=North%20Wind&keyterm=loyalty+plan&tag=x&version=latest");
  ASSERT_TRUE(query.has_value()) << query.error().message;
  EXPECT_EQ(query->language, "en-US");
  EXPECT_EQ(query->encoding, "linear16");
  EXPECT_EQ(query->sample_rate, 8000);
  EXPECT_EQ(query->channels, 2);
  EXPECT_TRUE(query->multichannel && query->interim_results && query->vad_events && query->smart_format);
  EXPECT_TRUE(query->endpointing_given);
  EXPECT_EQ(query->endpointing, 500);
  EXPECT_EQ(query->utterance_end_ms, 1000);
  EXPECT_EQ(query->keyterms, (std::vector<std::string>{"North Wind", "loyalty plan"}));
  EXPECT_EQ(query->others, (std::vector<std::pair<std::string, std::string>>{{"tag", "x"}, {"version", "latest"}}));
}

TEST(ListenQuery, DefaultsAreTheServices) {
  auto const query = parse_query("");
  ASSERT_TRUE(query.has_value());
  EXPECT_EQ(query->endpointing, kEndpointingDefault);
  EXPECT_FALSE(query->endpointing_given);
  EXPECT_FALSE(query->interim_results || query->multichannel || query->punctuate);
  EXPECT_EQ(query->channels, 1);
}

TEST(ListenQuery, EndpointingMayBeOff) {
  auto const query = parse_query("endpointing=false");
  ASSERT_TRUE(query.has_value());
  EXPECT_TRUE(query->endpointing_given);
  EXPECT_EQ(query->endpointing, std::nullopt);
  EXPECT_NE(to_query(*query).find("endpointing=false"), std::string::npos);
}

TEST(ListenQuery, WhatIsWrongIsNamed) {
  for (auto const& [text, name] : std::vector<std::pair<std::string, std::string>>{
           {"encoding=linear16", "sample_rate"},
           {"encoding=linear16&sample_rate=fast", "sample_rate"},
           {"sample_rate=999999", "sample_rate"},
           {"channels=21", "channels"},
           {"channels=0", "channels"},
           {"multichannel=maybe", "multichannel"},
           {"interim_results=1", "interim_results"},
           {"utterance_end_ms=1000", "utterance_end_ms"},
           {"utterance_end_ms=200&interim_results=true", "utterance_end_ms"},
           {"endpointing=soon", "endpointing"},
           {"endpointing=-1", "endpointing"},
           {"model=%zz", "query"}}) {
    auto const query = parse_query(text);
    ASSERT_FALSE(query.has_value()) << text;
    EXPECT_EQ(query.error().code, "INVALID_QUERY_PARAMETER");
    EXPECT_NE(query.error().message.find(name), std::string::npos) << query.error().message;
  }
}

RC_GTEST_PROP(ListenQuery, SaysTheSameWhenWrittenAgain, ()) {
  ListenQuery query;
  query.model = *rc::gen::string<std::string>();
  query.encoding = *rc::gen::element<std::string>("", "linear16", "mulaw");
  query.sample_rate = query.encoding.empty() ? 0 : *rc::gen::inRange(1000, 48'001);
  query.channels = *rc::gen::inRange(1, 21);
  query.multichannel = *rc::gen::arbitrary<bool>();
  query.interim_results = *rc::gen::arbitrary<bool>();
  query.punctuate = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) query.endpointing = *rc::gen::inRange(0, 10'001);
  if (*rc::gen::arbitrary<bool>()) query.endpointing.reset();
  if (query.interim_results && *rc::gen::arbitrary<bool>()) query.utterance_end_ms = *rc::gen::inRange(1000, 5001);
  query.keyterms = *rc::gen::arbitrary<std::vector<std::string>>();
  auto const again = parse_query(to_query(query));
  RC_ASSERT(again.has_value());
  RC_ASSERT(to_query(*again) == to_query(query));
  RC_ASSERT(again->model == query.model && again->keyterms == query.keyterms);
  RC_ASSERT(again->endpointing == query.endpointing && again->utterance_end_ms == query.utterance_end_ms);
  RC_ASSERT(again->sample_rate == query.sample_rate && again->multichannel == query.multichannel);
}

TEST(ClientMessage, SaysTheSameWhenWrittenAgain) {
  auto const finalize = parse_client_message(to_text(Finalize{.channel = 1}));
  ASSERT_TRUE(finalize.has_value());
  EXPECT_EQ(std::get<Finalize>(*finalize).channel, 1);
  EXPECT_EQ(std::get<Finalize>(*parse_client_message(R"({"type":"Finalize"})")).channel, std::nullopt);
  EXPECT_TRUE(std::holds_alternative<KeepAlive>(*parse_client_message(to_text(KeepAlive{}))));
  EXPECT_TRUE(std::holds_alternative<CloseStream>(*parse_client_message(to_text(CloseStream{}))));
}

TEST(ClientMessage, AnythingElseIsAnError) {
  for (auto const* text : {"", "{", "[]", "KeepAlive", R"({"type":"Configure"})", R"({"type":7})"}) {
    EXPECT_EQ(parse_client_message(text).error().code, "bad_message") << text;
  }
}

Results some_results() {
  return {.channel = 1,
          .channels = 2,
          .start = 3.12,
          .duration = 1.04,
          .is_final = true,
          .speech_final = true,
          .from_finalize = true,
          .transcript = "I'd like \"that\"\n",
          .confidence = 0.9921,
          .words = {{.word = "i'd", .punctuated_word = "I'd", .start = 3.2, .end = 3.36, .confidence = 0.98},
                    {.word = "like", .punctuated_word = "", .start = 3.4, .end = 3.5, .confidence = 1, .speaker = 2}},
          .request_id = "a-b",
          .model = "moonshine-base"};
}

TEST(ServerMessage, ResultsSayTheSameWhenWrittenAgain) {
  auto const text = to_text(some_results());
  auto const again = parse_server_message(text);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  auto const& results = std::get<Results>(*again);
  EXPECT_EQ(results.channel, 1);
  EXPECT_EQ(results.channels, 2);
  EXPECT_EQ(results.start, 3.12);
  EXPECT_EQ(results.duration, 1.04);
  EXPECT_TRUE(results.is_final && results.speech_final && results.from_finalize);
  EXPECT_EQ(results.transcript, "I'd like \"that\"\n");
  ASSERT_EQ(results.words.size(), 2u);
  EXPECT_EQ(results.words[0].punctuated_word, "I'd");
  EXPECT_EQ(results.words[1].speaker, 2);
  EXPECT_EQ(results.request_id, "a-b");
  EXPECT_EQ(results.model, "moonshine-base");
  EXPECT_EQ(to_text(results), text);
}

TEST(ServerMessage, VoiceWithoutWordsSaysSoAndNothingElseDoes) {
  Results const voiced{.is_final = true, .no_words = true};
  EXPECT_TRUE(std::get<Results>(*parse_server_message(to_text(voiced))).no_words);
  EXPECT_FALSE(std::get<Results>(*parse_server_message(to_text(Results{.is_final = true}))).no_words);
}

TEST(ServerMessage, NumbersAreWrittenAsPeopleWriteThem) {
  auto const text = to_text(some_results());
  EXPECT_NE(text.find(R"("duration":1.04,"start":3.12,)"), std::string::npos) << text;
}

TEST(ServerMessage, TheOthersSayTheSameWhenWrittenAgain) {
  auto const started = parse_server_message(to_text(SpeechStarted{.channel = 1, .channels = 2, .timestamp = 9.54}));
  EXPECT_EQ(std::get<SpeechStarted>(*started).timestamp, 9.54);
  auto const end = parse_server_message(to_text(UtteranceEnd{.channel = 1, .channels = 2, .last_word_end = 2.395}));
  EXPECT_EQ(std::get<UtteranceEnd>(*end).last_word_end, 2.395);
  EXPECT_EQ(std::get<UtteranceEnd>(*end).channel, 1);
  auto const metadata = parse_server_message(to_text(Metadata{
      .request_id = "a", .sha256 = "b", .created = "2026-01-01T00:00:00.000Z", .duration = 12.3, .channels = 2}));
  EXPECT_EQ(std::get<Metadata>(*metadata).sha256, "b");
  EXPECT_EQ(std::get<Metadata>(*metadata).duration, 12.3);
  EXPECT_EQ(std::get<Unknown>(*parse_server_message(R"({"type":"Error","description":"x"})")).type, "Error");
}

TEST(ServerMessage, ResultsWithoutTimesOrWordsAreErrors) {
  for (auto const* text :
       {R"({"type":"Results"})", R"({"type":"Results","start":-1,"duration":1})",
        R"({"type":"Results","start":0,"duration":1e9})", R"({"type":"Results","start":0,"duration":1})",
        R"({"type":"Results","start":0,"duration":1,"channel":{"alternatives":[]}})",
        R"({"type":"Results","start":0,"duration":1,"channel":{"alternatives":[{"words":[1]}]}})", "7"}) {
    EXPECT_EQ(parse_server_message(text).error().code, "bad_message") << text;
  }
}

// What the service really wrote: answers to recorded audio, whose channel has the shape of the live ones.
TEST(Captures, ChannelsOfRealResponsesAreRead) {
  auto const* data = std::getenv("SOTTO_DATA");
  if (!data) GTEST_SKIP() << "set SOTTO_DATA to the folder of outside data to read real responses";
  int read = 0;
  for (auto const& entry :
       std::filesystem::directory_iterator(std::filesystem::path(data) / "protocol_captures/deepgram")) {
    if (!entry.path().string().ends_with("-response.json")) continue;
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    auto const response = json::parse(text.str()).as_object();
    auto const& metadata = response.at("metadata").as_object();
    json::object const live{{"type", "Results"},
                            {"start", 0},
                            {"duration", metadata.at("duration")},
                            {"is_final", true},
                            {"channel_index", json::array{0, 1}},
                            {"channel", response.at("results").at("channels").at(0)},
                            {"metadata", json::object{{"request_id", metadata.at("request_id")}}}};
    auto const message = parse_server_message(json::serialize(live));
    ASSERT_TRUE(message.has_value()) << entry.path() << ": " << message.error().message;
    auto const& results = std::get<Results>(*message);
    EXPECT_EQ(results.request_id.size(), 36u);
    EXPECT_FALSE(results.transcript.empty());
    ASSERT_FALSE(results.words.empty());
    for (auto const& word : results.words) {
      EXPECT_LT(word.start, word.end);
      EXPECT_GT(word.confidence, 0);
      EXPECT_FALSE(word.punctuated_word.empty());
    }
    EXPECT_TRUE(parse_server_message(to_text(*message)).has_value());
    ++read;
  }
  EXPECT_EQ(read, 2);
}

}  // namespace
}  // namespace sotto::deepgram
