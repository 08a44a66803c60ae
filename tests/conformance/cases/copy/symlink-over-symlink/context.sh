ln -s new l
