// The makers that the table of modules names, one a file or a few that belong together. Errors: why the process cannot
// start, in words for its operator.
#pragma once

#include <memory>

#include "base/error.h"
#include "roles/module.h"

namespace sotto::app {

using Made = Result<std::unique_ptr<Service>>;

// tokens_module.cpp
Made make_tokens(Parts& parts);
// access_module.cpp
Made make_access_log(Parts& parts);
// store_module.cpp
Made make_log(Parts& parts);
// shared_modules.cpp
Made make_bus(Parts& parts);
Made make_encoder(Parts& parts);
Made make_recogniser(Parts& parts);
Made make_library(Parts& parts);
Made make_router(Parts& parts);
// call_roles.cpp
Made make_gateway(Parts& parts);
Made make_orchestrator(Parts& parts);
Made make_delivery(Parts& parts);
// api_role.cpp, webhooks_role.cpp, asr_role.cpp
Made make_api(Parts& parts);
Made make_webhooks(Parts& parts);
Made make_asr(Parts& parts);

}  // namespace sotto::app
