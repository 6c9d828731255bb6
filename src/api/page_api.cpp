#include "api/page_api.h"

#include <algorithm>

#include "base/json.h"
#include "base/limits.h"

namespace sotto::app {

// Typed words are kept as they are: nothing masks them. So many digits are a number nobody may write down.
static bool names_a_number(std::string const& reason) {
  return std::ranges::count_if(reason, [](char c) { return c >= '0' && c <= '9'; }) > 11;
}

static std::ptrdiff_t characters(std::string const& utf8) {
  return std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

Result<GuideCommand> tick_by_hand(std::string const& item, std::string const& body) {
  auto const asked = parse_object(body);
  if (!asked) return std::unexpected(asked.error());
  auto const* ticked = asked->if_contains("ticked");
  if (!ticked || !ticked->is_bool())
    return fail("missing_field", "field \"ticked\" is missing, or is neither true nor false");
  auto const reason = get_string(*asked, "reason");
  if (reason.find_first_not_of(" \t\r\n") == std::string::npos)
    return fail("missing_field", "field \"reason\" is missing, or is no text: why it is ticked by hand, or taken back");
  if (characters(reason) > limits::kReasonLengthMax)
    return fail("bad_reason", "the reason is longer than 200 characters: give it in a sentence");
  if (names_a_number(reason))
    return fail("bad_reason",
                "the reason has the digits of a long number: it is stored as it is, leave the number out");
  return ticked->get_bool() ? GuideCommand(TickByHand{item, reason}) : GuideCommand(UntickByHand{item, reason});
}

Result<net::HttpResponse> demo_audio(DemoPlayer const& demos, std::string const& name) {
  auto audio = demos.audio(name);
  if (!audio) return std::unexpected(audio.error());
  return net::HttpResponse{.type = "audio/wav", .body = std::move(*audio)};
}

}  // namespace sotto::app
