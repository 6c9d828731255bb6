#include "language/numbers/phone.h"

#include <phonenumbers/phonenumberutil.h>

namespace sotto::language {

bool in_number_plan(std::string const& digits) {
  using i18n::phonenumbers::PhoneNumber;
  using i18n::phonenumbers::PhoneNumberUtil;
  auto const& plans = *PhoneNumberUtil::GetInstance();
  for (auto const* region : {"US", "GB"}) {
    PhoneNumber number;
    if (plans.Parse(digits, region, &number) == PhoneNumberUtil::NO_PARSING_ERROR && plans.IsValidNumber(number))
      return true;
  }
  return false;
}

}  // namespace sotto::language
