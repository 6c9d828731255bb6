// Whether a phone number can be one: the number plans of libphonenumber.
#pragma once

#include <string>

namespace sotto::language {

// "+14155550123" by the plan of its country; without "+" by those of the United States, Canada and Britain.
bool in_number_plan(std::string const& digits);

}  // namespace sotto::language
