# Which Python the package is built for. Sets what FindPython sets, finds pybind11, and says in one sentence what is
# wrong with a Python that cannot be used.
#
#     cmake -DPython_EXECUTABLE=/path/to/python3.13 ...     any CPython from 3.9 to 3.15, a virtual environment's too
#
# Without it that is /usr/bin/python3, whatever python3 is on the PATH. One build folder serves one Python.

set(LOOPSCOPE_OLDEST_PYTHON 3.9)
set(LOOPSCOPE_NEWEST_PYTHON 3.15) # docs/pythons.md says what ran on which

if(NOT Python_EXECUTABLE AND EXISTS /usr/bin/python3)
  set(Python_EXECUTABLE /usr/bin/python3)
endif()

# Asked before FindPython looks, which calls everything that it does not like "not found".
function(loopscope_check_python python)
  execute_process(
    COMMAND ${python} -c "if True:
      import os, sys, sysconfig
      print(sys.implementation.name)
      print('%d.%d' % sys.version_info[:2])
      print(sysconfig.get_config_var('Py_GIL_DISABLED') or 0)
      print(os.path.join(sysconfig.get_path('include'), 'Python.h'))"
    OUTPUT_VARIABLE facts OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "${python} does not run (${failed}); name a Python by -DPython_EXECUTABLE=")
  endif()
  string(REPLACE "\n" ";" facts "${facts}")
  list(POP_FRONT facts implementation version free_threaded header)
  set(another "name another one by -DPython_EXECUTABLE=")
  if(NOT implementation STREQUAL "cpython")
    message(FATAL_ERROR "${python} is ${implementation}; loopscope is built on CPython's own C API: ${another}")
  elseif(version VERSION_LESS LOOPSCOPE_OLDEST_PYTHON)
    message(FATAL_ERROR "${python} is Python ${version}; loopscope needs ${LOOPSCOPE_OLDEST_PYTHON} or newer: ${another}")
  elseif(version VERSION_GREATER LOOPSCOPE_NEWEST_PYTHON AND NOT LOOPSCOPE_UNTESTED_PYTHON)
    message(FATAL_ERROR "${python} is Python ${version}; loopscope is made for ${LOOPSCOPE_OLDEST_PYTHON} to "
                        "${LOOPSCOPE_NEWEST_PYTHON}: ${another}, or try it with -DLOOPSCOPE_UNTESTED_PYTHON=ON")
  elseif(free_threaded)
    message(FATAL_ERROR "${python} is a free-threaded build; the loop relies on the GIL: ${another}")
  elseif(NOT EXISTS ${header})
    message(FATAL_ERROR "${python} has no C headers: ${header} is missing; install its development package "
                        "(python${version}-dev on Debian), or ${another}")
  endif()
endfunction()

option(LOOPSCOPE_UNTESTED_PYTHON "build for a Python that is newer than those that were tested" OFF)
if(Python_EXECUTABLE)
  loopscope_check_python(${Python_EXECUTABLE})
endif()
set(PYBIND11_FINDPYTHON ON)
find_package(Python ${LOOPSCOPE_OLDEST_PYTHON} REQUIRED COMPONENTS Interpreter Development.Module)

# The pybind11 that this Python brings along, if it does: Debian 12's 2.10 knows nothing newer than 3.11.
if(NOT pybind11_DIR)
  execute_process(COMMAND ${Python_EXECUTABLE} -m pybind11 --cmakedir OUTPUT_VARIABLE LOOPSCOPE_PYBIND11
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
find_package(pybind11 REQUIRED HINTS ${LOOPSCOPE_PYBIND11})
if(Python_VERSION VERSION_GREATER_EQUAL 3.12 AND pybind11_VERSION VERSION_LESS 2.13)
  message(FATAL_ERROR "pybind11 ${pybind11_VERSION} is too old for Python ${Python_VERSION}; install a newer one for it: "
                      "${Python_EXECUTABLE} -m pip install 'pybind11>=2.13'")
endif()
