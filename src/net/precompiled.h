// Heavy headers of the outer layers; only for compile time, never included by hand.
#pragma once

#include "base/precompiled.h"

#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <spdlog/spdlog.h>
