"""`python -m andon` is the command line."""

from andon.cli.main import main

if __name__ == "__main__":
    main()
