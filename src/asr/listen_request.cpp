#include "asr/listen_request.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <climits>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/limits.h"

namespace sotto::app {

namespace {

constexpr std::array kRates{8000, 16000, 22050, 24000, 32000, 44100, 48000};
// Silently without them a client would store what it must not, wait for what never comes, or show one voice as all.
constexpr std::array<std::string_view, 11> kRefused{
    "callback", "redact",    "diarize_model", "detect_entities", "profanity_filter", "search",
    "replace",  "translate", "sentiment",     "detect_language", "summarize"};

std::unexpected<Error> refuse(std::string_view name, std::string_view reason) {
  return fail("INVALID_QUERY_PARAMETER", fmt::format("{}: {}", name, reason));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& letter : out) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return out;
}

Result<AudioFormat> read_format(deepgram::ListenQuery const& query) {
  if (query.encoding.empty()) {
    return refuse("encoding",
                  "audio in containers is not supported; send raw audio and name it: linear16, mulaw or alaw, with "
                  "sample_rate");
  }
  if (query.encoding == "linear16") {
    if (std::ranges::find(kRates, query.sample_rate) == kRates.end()) {
      return refuse("sample_rate", fmt::format("expected one of {} for linear16", fmt::join(kRates, ", ")));
    }
    return AudioFormat{.coding = Coding::pcm_s16le, .rate = query.sample_rate};
  }
  auto const coding = parse_coding(query.encoding);
  if (!coding || *coding == Coding::pcm_s16le) return refuse("encoding", "expected linear16, mulaw or alaw");
  if (query.sample_rate != 8000) return refuse("sample_rate", fmt::format("expected 8000 for {}", query.encoding));
  return AudioFormat{.coding = *coding, .rate = query.sample_rate};
}

}  // namespace

Result<ListenRequest> read_listen_request(std::string_view text) {
  auto query = deepgram::parse_query(text);
  if (!query) return std::unexpected(query.error());
  auto const language = lower(query->language);
  if (language != "en" && !language.starts_with("en-") && !language.starts_with("en_")) {
    return refuse("language", "this server hears English: en, or en-US and the like");
  }
  bool const long_term =
      std::ranges::any_of(query->keyterms, [](auto const& term) { return term.size() > limits::kKeytermBytesMax; });
  if (query->keyterms.size() > limits::kKeytermsMax || long_term)
    return refuse("keyterm",
                  fmt::format("at most {} terms of {} bytes", limits::kKeytermsMax, limits::kKeytermBytesMax));
  if (query->diarize) return refuse("diarize", "speakers are not told apart; send a channel each, with multichannel");
  for (auto const& [name, value] : query->others) {
    if (value == "false" || std::ranges::find(kRefused, name) == kRefused.end()) continue;
    return refuse(name, "not supported by this server");
  }
  auto const format = read_format(*query);
  if (!format) return std::unexpected(format.error());
  return ListenRequest{.query = std::move(*query), .format = *format};
}

SegmenterOptions listen_segmenter(deepgram::ListenQuery const& query) {
  SegmenterOptions options;
  // Silence is told once a second; who waits for UtteranceEnd needs to know sooner that it went on.
  options.silence_every_frames = query.utterance_end_ms ? 8 : 31;
  if (query.endpointing_given && query.endpointing) {
    options = with_fixed_wait(options, std::chrono::milliseconds(*query.endpointing));
  }
  // Nobody would see them: the time goes to the finals of others.
  if (!query.interim_results && !query.vad_events) options.partial_first_frames = INT_MAX / 2;
  options.second_reading = false;  // the protocol has no corrections
  return options;
}

Result<ListenKey> read_listen_key(std::string_view authorization, std::string_view protocols) {
  auto const is_scheme = [](std::string_view text) { return lower(text) == "token" || lower(text) == "bearer"; };
  if (!authorization.empty()) {
    auto const space = authorization.find(' ');
    if (space != std::string_view::npos && is_scheme(authorization.substr(0, space))) {
      auto const key =
          authorization.substr(std::min(authorization.find_first_not_of(' ', space), authorization.size()));
      return ListenKey{.key = std::string(key), .protocol = ""};
    }
    return fail("INVALID_AUTH", "Authorization: expected `Token KEY` or `Bearer KEY`");
  }
  std::vector<std::string> listed;
  while (!protocols.empty()) {
    auto const comma = std::min(protocols.find(','), protocols.size());
    auto one = protocols.substr(0, comma);
    protocols.remove_prefix(std::min(comma + 1, protocols.size()));
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    listed.emplace_back(one);
  }
  for (std::size_t at = 0; at + 1 < listed.size(); ++at) {
    if (is_scheme(listed[at])) return ListenKey{.key = listed[at + 1], .protocol = listed[at]};
  }
  return fail("INVALID_AUTH",
              "no key: send `Authorization: Token KEY`, or `Sec-WebSocket-Protocol: token, KEY` from a browser");
}

}  // namespace sotto::app
