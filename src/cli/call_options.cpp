#include "cli/call_options.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "adapters/openssl/secrets.h"
#include "adapters/sndfile/wav.h"
#include "base/limits.h"
#include "base/unicode.h"
#include "cli/arguments.h"
#include "live/audio/offset.h"
#include "live/audio/resampler.h"
#include "live/ingest/messages.h"

namespace sotto::app {

namespace {

Result<SourceOptions::Pause> parse_pause(std::string const& text) {
  auto const dash = std::min(text.find('-'), text.size());
  auto const from = parse_seconds(std::string_view(text).substr(0, dash));
  auto const to = parse_seconds(std::string_view(text).substr(std::min(dash + 1, text.size())));
  if (!from || !to || *to <= *from)
    return fail("bad_pause",
                fmt::format("--pause {}: expected FROM-TO in seconds, for instance 41-58.5", language::escaped(text)));
  return SourceOptions::Pause{*from, *to};
}

// "NAME:SIDE" each.
Result<std::vector<Party>> parties_of(std::vector<std::string> const& texts) {
  std::vector<Party> out;
  for (auto const& text : texts) {
    auto const wrong = [&](std::string_view why) {
      return fail("bad_party", fmt::format("--party {}: {}", language::escaped(text), why));
    };
    auto const colon = std::min(text.rfind(':'), text.size());
    auto const side = parse_track(std::string_view(text).substr(std::min(colon + 1, text.size())));
    auto name = language::readable(text.substr(0, colon));
    if (!side || !is_side(*side) || name.empty()) return wrong("expected NAME:customer or NAME:agent");
    if (parse_track(name)) return wrong("a party has a name of its own");
    if (out.size() + 2 == limits::kTracksMax)
      return wrong(fmt::format("a call has at most {} parties", limits::kTracksMax));
    out.push_back({.track = static_cast<Track>(out.size() + 2), .side = *side, .name = std::move(name)});
  }
  return out;
}

// "SECONDS=AGENT" or "SECONDS=AGENT,TEAM".
Result<SourceOptions::Transfer> parse_transfer(std::string const& text) {
  auto const wrong = [&](std::string_view why) {
    return fail("bad_transfer", fmt::format("--transfer {}: {}", language::escaped(text), why));
  };
  auto const equals = std::min(text.find('='), text.size());
  auto const at = parse_seconds(std::string_view(text).substr(0, equals));
  auto const to = text.substr(std::min(equals + 1, text.size()));
  auto const comma = std::min(to.find(','), to.size());
  if (!at || to.empty()) return wrong("expected SECONDS=AGENT or SECONDS=AGENT,TEAM, for instance 90=ben,help");
  SourceOptions::Transfer out{*at, {.agent = to.substr(0, comma), .team = to.substr(std::min(comma + 1, to.size()))}};
  if (auto const read = ingest::decode_control(ingest::encode_transfer(out.to)); !read)
    return wrong(read.error().message);
  return out;
}

std::vector<float> linear_of(std::vector<std::int16_t> const& channel) {
  std::vector<float> out;
  out.reserve(channel.size());
  for (auto const sample : channel) out.push_back(static_cast<float>(sample) / 32768.0f);
  return out;
}

// As a telephone line would carry it: without an offset, which G.711 would spend its steps on; a rate that sources may
// not have becomes 16 kHz.
void prepare(Wav& wav) {
  auto const rate = ingest::is_rate(wav.rate) ? wav.rate : limits::kFrameRateHz;
  for (auto& channel : wav.channels) {
    auto linear = linear_of(channel);
    audio::Offset(wav.rate).remove(linear);
    std::vector<float> resampled;
    if (rate != wav.rate) audio::Resampler(wav.rate).process(linear, true, resampled);
    auto const& out = rate == wav.rate ? linear : resampled;
    channel.clear();
    for (auto const value : out)
      channel.push_back(static_cast<std::int16_t>(std::lround(std::clamp(value, -1.0f, 0.99997f) * 32768.0f)));
  }
  wav.rate = rate;
}

// Whether two channels carry one sound: the same wave at the same time, however loud.
bool is_one_sound(Wav const& wav) {
  constexpr double kSame = 0.95;
  double left = 0, right = 0, both = 0;
  for (std::size_t i = 0; i < wav.channels[0].size(); ++i) {
    auto const one = static_cast<double>(wav.channels[0][i]), other = static_cast<double>(wav.channels[1][i]);
    left += one * one;
    right += other * other;
    both += one * other;
  }
  return left > 0 && right > 0 && std::abs(both) > kSame * std::sqrt(left * right);
}

// Who is on which channel.
Result<void> give_channels(CallCommand const& command, std::vector<Party> parties, SourceOptions& options) {
  auto& call = options.call;
  auto const channels = options.channels.size();
  if (channels != (parties.empty() ? std::min<std::size_t>(channels, 2) : 2 + parties.size()))
    return fail("bad_party", fmt::format("{}: {} channels are not those of customer, agent and {} of --party",
                                         language::escaped(command.file.string()), channels, parties.size()));
  if (channels == 1 && command.left != "customer")
    return fail("bad_speaker", "--left is for files with two channels; --speaker says who is in the one");
  if (channels >= 2 && !command.speaker.empty())
    return fail("bad_speaker", "--speaker is for files with one channel; of two, the left is the customer");
  call.tracks = {parse_track(command.speaker).value_or(Track::customer)};
  call.mono = channels == 1 && command.speaker.empty();
  if (channels >= 2) call.tracks.push_back(Track::agent);
  for (auto const& party : parties) call.tracks.push_back(party.track);
  call.parties = std::move(parties);
  if (command.left == "agent") std::swap(options.channels[0], options.channels[1]);
  return {};
}

// Pauses and transfers, in order. What lies behind the end of the audio is said: nothing comes of it.
Result<void> read_times(CallCommand const& command, SourceOptions& options) {
  auto const end_ms = std::ssize(options.channels.front()) * 1000 / options.call.format.rate;
  auto const note = [&](std::string_view option, std::string const& text, std::int64_t at_ms) {
    if (at_ms >= end_ms)
      fmt::print(stderr, "sotto call: {} {} lies behind the end of the file, {:.1f} s; nothing comes of it\n", option,
                 language::escaped(text), static_cast<double>(end_ms) / 1000);
  };
  for (auto const& text : command.pauses) {
    auto const pause = parse_pause(text);
    if (!pause) return std::unexpected(pause.error());
    note("--pause", text, pause->from_ms);
    options.pauses.push_back(*pause);
  }
  for (auto const& text : command.transfers) {
    auto transfer = parse_transfer(text);
    if (!transfer) return std::unexpected(transfer.error());
    note("--transfer", text, transfer->at_ms);
    options.transfers.push_back(std::move(*transfer));
  }
  if (std::ssize(options.transfers) > limits::kTransfersMax)
    return fail("bad_transfer",
                fmt::format("{} of --transfer; at most {}", options.transfers.size(), limits::kTransfersMax));
  std::ranges::sort(options.transfers, {}, &SourceOptions::Transfer::at_ms);
  return {};
}

}  // namespace

Result<SourceOptions> source_options(CallCommand const& command) {
  auto parties = parties_of(command.parties);
  if (!parties) return std::unexpected(parties.error());
  if (!std::isfinite(command.speed)) return fail("bad_speed", "--speed is a number from 0.01 to 100");
  auto wav = read_wav(command.file, static_cast<int>(limits::kTracksMax));
  if (!wav) return std::unexpected(wav.error());
  if (wav->channels.size() > 2 && parties->empty())
    return fail("bad_party",
                fmt::format("{} has {} channels; say with --party NAME:SIDE who is on those beyond the second",
                            language::escaped(command.file.string()), wav->channels.size()));
  for (auto const& note : wav->notes) fmt::print(stderr, "sotto call: {}\n", note);
  prepare(*wav);
  if (wav->channels.size() == 2 && is_one_sound(*wav))
    fmt::print(
        stderr,
        "sotto call: both channels of {} hold the same sound, so all of it is the customer's; of a file with one "
        "channel it is guessed who speaks\n",
        language::escaped(command.file.string()));
  SourceOptions options{.call = {.id = command.id.empty() ? "cli-" + random_hex(6) : command.id,
                                 .tenant = command.tenant,
                                 .team = command.team,
                                 .agent = command.agent,
                                 .format = {wav->rate == 8000 ? Coding::mulaw : Coding::pcm_s16le, wav->rate},
                                 .speed = command.speed,
                                 .replay = true,
                                 .metadata = {{"title", language::escaped(command.file.filename().string())}}},
                        .channels = std::move(wav->channels),
                        .pauses = {}};
  if (auto given = give_channels(command, std::move(*parties), options); !given) return std::unexpected(given.error());
  if (auto read = read_times(command, options); !read) return std::unexpected(read.error());
  return options;
}

}  // namespace sotto::app
