// What somebody asks to be taken back over HTTP, and who asks: for the log, never with the words. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "call/redaction.h"
#include "call/scope.h"

namespace sotto::app {

struct RedactionRequest {
  std::int64_t number = 0;  // of the event
  Hiding hiding;
  std::string reason;  // may be empty
};
// {"number": 12, "all": true} or, instead of all, {"words": ["John Smith"]} and {"ranges": [{"from": 11, "to": 21}]} in
// characters (Unicode code points), with "label" (small letters: "name") and "reason" where wanted. Errors: bad_json,
// missing_field, bad_field, bad_reason.
Result<RedactionRequest> asked_redaction(std::string const& body);
// Of a query: "reason=..", which must be there. Errors: bad_query, missing_field, bad_reason.
Result<std::string> asked_reason(std::string_view query);
// "acme-desk, tenant acme, team -, agent -, roles admin supervisor"
std::string told(Principal const& who);

}  // namespace sotto::app
