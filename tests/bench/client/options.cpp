#include "tests/bench/client/options.h"

#include <functional>
#include <map>
#include <string_view>

#include "tests/bench/client/failure.h"

namespace loopscope::bench {
namespace {

constexpr const char* kUsage =
    "usage: bench_client protocol=tcp|unix|udp|tls|http address=PORT_OR_PATH [connections=10] [bytes=1024]\n"
    "                    [seconds=1] [warm_up=0.2] [patience=100] [server=PID] [reconnect=1] [hold=1]";

Protocol protocol_named(const std::string& name) {
  static const std::map<std::string, Protocol> kNames{{"tcp", Protocol::tcp},
                                                      {"unix", Protocol::unix_socket},
                                                      {"udp", Protocol::udp},
                                                      {"tls", Protocol::tls},
                                                      {"http", Protocol::http}};
  const auto found = kNames.find(name);
  if (found == kNames.end())
    throw Failure("there is no protocol '" + name + "'\n" + kUsage);
  return found->second;
}

using Setter = std::function<void(Options&, const std::string&)>;

const std::map<std::string, Setter>& setters() {
  static const std::map<std::string, Setter> kSetters{
      {"protocol", [](auto& options, const auto& value) { options.protocol = protocol_named(value); }},
      {"address", [](auto& options, const auto& value) { options.address = value; }},
      {"connections", [](auto& options, const auto& value) { options.connections = std::stoul(value); }},
      {"bytes", [](auto& options, const auto& value) { options.message_bytes = std::stoul(value); }},
      {"seconds", [](auto& options,
                     const auto& value) { options.measured = std::chrono::duration<double>(std::stod(value)); }},
      {"warm_up", [](auto& options,
                     const auto& value) { options.warm_up = std::chrono::duration<double>(std::stod(value)); }},
      {"patience", [](auto& options,
                      const auto& value) { options.patience = std::chrono::duration<double>(std::stod(value)); }},
      {"server", [](auto& options, const auto& value) { options.server = std::stoi(value); }},
      {"reconnect", [](auto& options, const auto& value) { options.reconnect = value == "1"; }},
      {"hold", [](auto& options, const auto& value) { options.hold = value == "1"; }},
  };
  return kSetters;
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto equals = argument.find('=');
    const auto setter = setters().find(argument.substr(0, equals));
    if (equals == std::string::npos || setter == setters().end())
      throw Failure("there is no option '" + argument + "'\n" + kUsage);
    try {
      setter->second(options, argument.substr(equals + 1));
    } catch (const std::logic_error&) {
      throw Failure("'" + argument + "' is no number\n" + kUsage);
    }
  }
  if (options.address.empty() || options.connections == 0 || options.message_bytes == 0)
    throw Failure(kUsage);
  return options;
}

}  // namespace loopscope::bench
