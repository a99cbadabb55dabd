#pragma once
/// What a person calls a program, from its command line. Pure. Thread: any. Errors: none.

#include <string>

namespace loopscope::gui {

/// "chat_server.py", "uvicorn shop:app". Never "__main__.py": that is a module, and its folder has the name.
std::string program_title(const std::string& command_line);

/// The command line without the interpreter and the folders before the program: what tells the workers of one service apart.
std::string program_arguments(const std::string& command_line);

}  // namespace loopscope::gui
