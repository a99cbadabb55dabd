#pragma once
/// A short name for a program, from its command line: one for the app, `ls` and Python. Pure. Thread: any. Errors: none.

#include <string>

namespace loopscope::tracer {

/// "chat_server.py", "uvicorn shop:app". Never "__main__.py": a module is named by its folder.
std::string program_title(const std::string& command_line);

/// The title, and the arguments that it leaves out: "uvicorn shop:app --port 80".
std::string program_line(const std::string& command_line);

/// The command line without the interpreter and the folder of the program. It tells the workers of one service apart.
std::string program_arguments(const std::string& command_line);

}  // namespace loopscope::tracer
